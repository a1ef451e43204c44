import Installations
import Sealing
import Store
import Webhooks

/// What is read of a watched engine.
class ProbedReads: StoreReads {
    private let reads: any StoreReads
    fileprivate let engine: ProbedEngine

    init(_ reads: any StoreReads, _ engine: ProbedEngine) {
        self.reads = reads
        self.engine = engine
    }

    fileprivate final func count(_ verb: String = #function) { engine.count(verb) }

    /// What to ask, and that it was asked.
    private func counted(_ verb: String = #function) -> any StoreReads {
        count(verb)
        return reads
    }

    // MARK: Installations

    func known(_ ids: [InstallationID], with parts: InstallationParts) throws -> [KnownInstallation?] {
        try counted().known(ids, with: parts)
    }

    func installations(matching filter: InstallationFilter, page: PageRequest) throws -> Page<StoredInstallation> {
        try counted().installations(matching: filter, page: page)
    }

    func installations(_ ids: [InstallationID]) throws -> [StoredInstallation] { try counted().installations(ids) }

    func lastInstallationNumber() throws -> InstallationNumber { try counted().lastInstallationNumber() }

    // MARK: Events

    func events(matching filter: EventFilter, page: PageRequest) throws -> Page<EventSummary> {
        try counted().events(matching: filter, page: page)
    }

    func events(_ ids: [EventID]) throws -> [StoredEvent] { try counted().events(ids) }

    func bodies(of ids: [EventID]) throws -> [StoredBody] { try counted().bodies(of: ids) }
    func pauses() throws -> [TargetPause] { try counted().pauses() }

    // MARK: What happened over time

    func history(_ span: HistorySpan, in numbers: ClosedRange<Int64>, step: Int64) throws -> [HistoryCount] {
        try counted().history(span, in: numbers, step: step)
    }

    func attempts(of event: EventID) throws -> [Attempt] { try counted().attempts(of: event) }

    func refusals(
        atLeast count: Int64, in range: ClosedRange<Timestamp>, limit: Int
    ) throws -> [(InstallationID, RefusedCalls)] {
        try counted().refusals(atLeast: count, in: range, limit: limit)
    }

    func ready(_ streams: [InstallationNumber]) throws -> [EventStream] { try counted().ready(streams) }

    func readyStreams(after: Int64, limit: Int) throws -> (streams: [EventStream], last: Int64?) {
        try counted().readyStreams(after: after, limit: limit)
    }

    func heads(of streams: [InstallationNumber], bytes: Int) throws -> [StoredHead] {
        try counted().heads(of: streams, bytes: bytes)
    }

    func endedHolds(at: Timestamp, limit: Int) throws -> (streams: [InstallationNumber], next: Timestamp?) {
        try counted().endedHolds(at: at, limit: limit)
    }

    func overlongHolds(
        at: Timestamp, longest: Int64, limit: Int
    ) throws -> [(stream: InstallationNumber, length: Int64)] {
        try counted().overlongHolds(at: at, longest: longest, limit: limit)
    }

    // MARK: Keys

    func clock() throws -> ClockFacts { try counted().clock() }

    func storageKeys(_ ids: [StorageKeyID]?) throws -> [StoredStorageKey] { try counted().storageKeys(ids) }

    func primaryKey() throws -> PrimaryKey? { try counted().primaryKey() }

    func dependents(on id: StorageKeyID) throws -> Int64 { try counted().dependents(on: id) }

    func hidden(under id: StorageKeyID) throws -> Int64 { try counted().hidden(under: id) }

    func latestRotation() throws -> StoredRotation? { try counted().latestRotation() }

    func sessions(_ selection: SessionSelection) throws -> [StoredSession] { try counted().sessions(selection) }
    func apiKeys(_ ids: [String]?) throws -> [StoredAPIKey] { try counted().apiKeys(ids) }

    // MARK: Sealed values

    func deployment() throws -> StoredDeployment { try counted().deployment() }

    func wrappedKeys(under key: StorageKeyID, in range: NumberRange, limit: Int) throws -> StoredInstallationKeys {
        try counted().wrappedKeys(under: key, in: range, limit: limit)
    }

    func sealedValues(of numbers: [InstallationNumber], events: Int, bytes: Int) throws -> [SealedValues] {
        try counted().sealedValues(of: numbers, events: events, bytes: bytes)
    }

    func sealedInstallations(
        in range: NumberRange, limit: Int,
        visit: (SealedInstallation, _ parts: ((SealedPart) throws -> Void) throws -> Void) throws -> Void
    ) throws {
        try counted().sealedInstallations(in: range, limit: limit, visit: visit)
    }

    func outgoingKey(in range: NumberRange, limit: Int) throws -> OutgoingKey? {
        try counted().outgoingKey(in: range, limit: limit)
    }

    func bodies(of ids: [EventID], bytes: Int) throws -> (bodies: [StoredBody], isAll: Bool) {
        try counted().bodies(of: ids, bytes: bytes)
    }

    func damagedValues() throws -> Int { try counted().damagedValues() }

    // MARK: The audit log and rows of authority

    func auditRecords(
        since: Timestamp?, of installation: InstallationID?, page: PageRequest
    ) throws -> Page<AuditRecord> {
        try counted().auditRecords(since: since, of: installation, page: page)
    }

    func auditRecords(after number: RecordNumber, visit: (AuditRecord?, _ isIndexed: Bool) throws -> Bool) throws {
        try counted().auditRecords(after: number, visit: visit)
    }

    func auditHead(behind number: Int64) throws -> AuditHead? { try counted().auditHead(behind: number) }

    func apiKeys(after id: String, limit: Int) throws -> [StoredAPIKey] {
        try counted().apiKeys(after: id, limit: limit)
    }

    func claims(after number: InstallationNumber, limit: Int, visit: (StoredClaim) throws -> Void) throws {
        try counted().claims(after: number, limit: limit, visit: visit)
    }

    func areDecisionsThere() throws -> Bool { try counted().areDecisionsThere() }

    func subjects(after text: String, limit: Int, visit: (String, _ isThere: Bool) throws -> Void) throws {
        try counted().subjects(after: text, limit: limit, visit: visit)
    }

    // MARK: Checks

    func newestTimes() throws -> SeenTimes { try counted().newestTimes() }

    func firstRecord() throws -> Timestamp? { try counted().firstRecord() }

    func newestBackup(needing key: StorageKeyID?) throws -> Backup? { try counted().newestBackup(needing: key) }

    func deadLetters() throws -> [(addonKey: String, count: Int)] { try counted().deadLetters() }

    func failing(
        since: Timestamp, now: Timestamp, among limit: Int
    ) throws -> (failing: [FailingEvents], isAll: Bool) {
        try counted().failing(since: since, now: now, among: limit)
    }

    func installationCounts() throws -> [InstallationStatus: Int64] { try counted().installationCounts() }

    func oldestWaiting() throws -> EventDates? { try counted().oldestWaiting() }

    func deadCount() throws -> Int64 { try counted().deadCount() }
}

/// What is read and written in a transaction of a watched engine.
final class ProbedWrites: ProbedReads, StoreWrites {
    private let writes: any StoreWrites

    init(_ writes: any StoreWrites, _ engine: ProbedEngine) {
        self.writes = writes
        super.init(writes, engine)
    }

    private func counted(_ verb: String = #function) -> any StoreWrites {
        count(verb)
        return writes
    }

    /// The same, with all decided that is written.
    private func decided(_ verb: String = #function) throws -> any StoreWrites {
        count(verb)
        try engine.reachApply()
        return writes
    }

    func apply(_ changes: ChangeSet) throws { try decided().apply(changes) }

    func append(_ events: [InboxEvent]) throws -> [Appending] { try decided().append(events) }

    func lease(
        _ events: [WaitingEvent], as lease: LeaseID, from now: Timestamp, until: Timestamp
    ) throws -> [Bool] {
        try decided().lease(events, as: lease, from: now, until: until)
    }

    func swap(_ swaps: ArraySlice<KeySwap>, while goesOn: (Int) -> Bool) throws -> (tried: Int, swapped: Int) {
        try decided().swap(swaps, while: goesOn)
    }

    func swapBodies(_ swap: BodySwap) throws -> Bool { try decided().swapBodies(swap) }

    // MARK: Loads

    func expect(_ questions: [LifecycleQuestion]) throws { try writes.expect(questions) }

    func lifecycleFacts(for questions: [LifecycleQuestion]) throws -> [Result<LifecycleFacts, StoreError>] {
        try counted().lifecycleFacts(for: questions)
    }

    func settlementFacts(for settlements: [Settlement]) throws -> [SettlementFacts?] {
        try counted().settlementFacts(for: settlements)
    }

    func endedHolds(of streams: [InstallationNumber], at: Timestamp) throws -> [EndedHold] {
        try counted().endedHolds(of: streams, at: at)
    }

    func replayFacts(for events: [EventID]) throws -> [ReplayFacts] { try counted().replayFacts(for: events) }

    func replayFacts(forDead filter: DeadFilter, after: EventID?, limit: Int) throws -> [ReplayFacts] {
        try counted().replayFacts(forDead: filter, after: after, limit: limit)
    }

    func sweepFacts(for question: SweepQuestion) throws -> SweepFacts { try counted().sweepFacts(for: question) }
}

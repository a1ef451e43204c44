import Installations
import Marketplace
import Sealing
import Synchronization
import Webhooks

/// Installations and events in memory. Persistence is not the subject here; whether it answers, and when, is.
final class MemoryStore: InstallationStore, AuditStore, EventStore {
    private struct Row {
        var status: InstallationStatus
        var number: InstallationNumber
        var tokenSet: TokenSet
        var key: InstallationKey
        var wrappedKey: SealedValue
        var handedOut: [Digest]
        var webhooks: [(path: RoutePath, token: SealedValue)]
    }

    private struct State {
        var rows: [InstallationID: Row] = [:]
        var events: [InboxEvent] = []
        var decisions: [LifecycleDecision] = []
        var failure: StoreError?
        var credentialReads = 0
    }

    /// Every commit passes here.
    let commits = Gate(isOpen: true)
    /// Every read of a token set outside of a lifecycle call's own transaction passes here.
    let reads = Gate(isOpen: true)
    private let held: Gate?
    private let vault: InstallationVault
    private let handedOut: HandedOutTokens
    private let primary: StorageKeyID
    private let state = Mutex(State())

    init(vault: InstallationVault, handedOut: HandedOutTokens, primary: StorageKeyID, held: Gate?) {
        self.vault = vault
        self.handedOut = handedOut
        self.primary = primary
        self.held = held
    }

    var events: [InboxEvent] { state.withLock { $0.events } }
    var decisions: [LifecycleDecision] { state.withLock { $0.decisions } }
    /// Reads of a token set outside of a lifecycle call's own transaction.
    var credentialReads: Int { state.withLock { $0.credentialReads } }

    /// From now on every commit fails.
    func fail(_ error: StoreError = .unavailable(.failed, code: "test")) {
        state.withLock { $0.failure = error }
    }

    func perform(_ call: LifecycleCall) async throws(StoreError) -> LifecycleDecision {
        await held?.pass()
        guard WriteTicket.current?.begin() ?? true else { throw .withdrawn }
        let decision = try commit(call)
        await commits.pass()
        return decision
    }

    private func commit(_ call: LifecycleCall) throws(StoreError) -> LifecycleDecision {
        if let failure = state.withLock({ $0.failure }) { throw failure }
        if let token = call.token, isHandedOut(token.digest, call.id) { return .refuseStoredToken }
        let status = state.withLock { $0.rows[call.id]?.status }
        let decision = Lifecycle.decide(call.change.signal, at: status)
        var row: Row?
        if case .installed(let request) = call.change, decision == .create || decision == .replaceTokens {
            let (key, wrapped) = try vault.makeKey(for: call.id, under: primary)
            row = Row(
                status: .active, number: 1, tokenSet: 1, key: key, wrappedKey: wrapped,
                handedOut: ([request.token] + request.webhooks.map(\.token)).map(handedOut.digest),
                webhooks: request.webhooks.map { grant in
                    (grant.path, key.seal(grant.token, in: call.id.context(.webhookToken(grant.path, set: 1))))
                })
        }
        state.withLock { state in
            if let row { state.rows[call.id] = row }
            if decision == .end { state.rows[call.id]?.status = .deleted }
            state.decisions.append(decision)
        }
        return decision
    }

    func credentials(of id: InstallationID) async throws(StoreError) -> SealedCredentials? {
        state.withLock { $0.credentialReads += 1 }
        await reads.pass()
        return try stored(id)
    }

    func wasHandedOut(_ token: Digest, for id: InstallationID) async throws(StoreError) -> Bool {
        if let failure = state.withLock({ $0.failure }) { throw failure }
        return isHandedOut(token, id)
    }

    private func isHandedOut(_ token: Digest, _ id: InstallationID) -> Bool {
        state.withLock { token.matchesAny($0.rows[id]?.handedOut ?? []) }
    }

    private func stored(_ id: InstallationID) throws(StoreError) -> SealedCredentials? {
        try state.withLock { state throws(StoreError) in
            if let failure = state.failure { throw failure }
            guard let row = state.rows[id], row.status.isLive else { return nil }
            return SealedCredentials(
                number: row.number, status: row.status, tokenSet: row.tokenSet, wrappedKey: row.wrappedKey,
                webhookTokens: row.webhooks)
        }
    }

    func append(_ events: [InboxEvent]) throws(StoreError) -> [AppendOutcome] {
        held?.block()
        let outcomes = try state.withLock { state throws(StoreError) in
            if let failure = state.failure { throw failure }
            let outcomes = events.map { $0.ticket?.begin() == false ? AppendOutcome.withdrawn : .appended }
            state.events += zip(events, outcomes).filter { $1 == .appended }.map(\.0)
            return outcomes
        }
        commits.block()
        return outcomes
    }

    func condition() async -> StoreCondition? { nil }
    func installation(_ id: InstallationID) async throws(StoreError) -> Installation? { nil }
    func installations(
        matching filter: InstallationFilter, page: PageRequest
    ) async throws(StoreError) -> Page<Installation> { Page(items: [], next: nil) }
    func token(of id: InstallationID, reading: TokenReading) async throws(StoreError) -> TokenAnswer { .unknown }
    func append(_ entry: AuditEntry) async throws(StoreError) {}
    func auditRecords(
        since: Timestamp?, of installation: InstallationID?, page: PageRequest
    ) async throws(StoreError) -> Page<AuditRecord> { Page(items: [], next: nil) }
    func verifyAudit(against kept: AuditHead?) async throws(StoreError) -> AuditVerdict {
        .intact(records: 0, head: [])
    }
    var waitingEvents: Int { 0 }
    var kept: KeptEvents { KeptEvents() }
    var hasSpace: Bool { true }
    func kept(of installation: InstallationNumber) -> KeptEvents { KeptEvents() }
    func events(
        matching filter: EventFilter, page: PageRequest
    ) async throws(StoreError) -> Page<EventSummary> { Page(items: [], next: nil) }
    func event(_ id: EventID) async throws(StoreError) -> EventSummary? { nil }
    func eventBody(_ id: EventID, actor: Actor, at: Timestamp) async throws(StoreError) -> [UInt8]? { nil }
}

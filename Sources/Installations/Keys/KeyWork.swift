import Synchronization

/// How far long work has come.
package struct KeyWorkProgress: Sendable {
    /// What is being done.
    package enum Phase: String, Sendable {
        case rewrap, reencrypt, verify
    }

    /// What is being done.
    package let phase: Phase
    /// Installations done.
    package let done: Int
    /// Installations to do, counted at the start.
    package let total: Int
}

/// Long work on every installation, batch by batch: it ends after any of them when its task is cancelled, and the same
/// work goes on later, because the rows are the progress.
struct KeyWork: Sendable {
    /// What a rewrap did in all.
    struct Rewrapped: Sendable {
        var rewrapped = 0
        var skipped = 0
        var damaged = 0
    }

    /// What a verification found in all.
    struct Verified: Sendable {
        var installations = 0
        var opened: Int64 = 0
        var damaged: [DamagedValue] = []
        /// Damaged values beyond those kept: memory is bounded.
        var more = 0
    }

    /// Damaged values that are named one by one.
    static let named = 100
    /// How often a pass over the same rows is repeated for those that somebody changed meanwhile.
    private static let passes = 10

    let store: any KeyRotationStore
    /// Looked after before each batch that changes something.
    let lock: KeyWorkLock
    let now: Now
    /// Installations per second; 0 for no bound.
    let rate: Int
    /// Called after every batch.
    let report: @Sendable (KeyWorkProgress) -> Void

    /// Rows in a batch. One holds the only writer for as long as it is written, and webhooks wait for it: so at a bounded
    /// rate a batch is what is due in a hundredth of a second.
    private var batch: Int { rate == 0 ? 250 : min(max(rate / 100, 1), 250) }
    /// A re-encryption writes several rows for each installation.
    private var deepBatch: Int { min(batch, 100) }

    // MARK: Rewrap

    /// Wraps everything anew that is not under the primary key, the deployment's own key and outgoing keys included.
    func rewrapAll(reencrypt: Bool = false) async throws -> Rewrapped {
        _ = try await store.rewrapDeployment(at: now())
        var total = Rewrapped()
        // An outgoing key that an interrupted re-encryption left keeps its storage key in use.
        total.damaged += try await resealAll()
        for key in try await store.storageKeys() where key.state != .primary && key.installations > 0 {
            let done = try await rewrap(key, reencrypt: reencrypt)
            total.rewrapped += done.rewrapped
            total.skipped += done.skipped
            total.damaged += done.damaged
        }
        return total
    }

    private func rewrap(_ old: StorageKeyRecord, reencrypt: Bool) async throws -> Rewrapped {
        var total = Rewrapped()
        for _ in 0..<Self.passes {
            let pass = try await pass(over: old, reencrypt: reencrypt, done: total.rewrapped)
            total.rewrapped += pass.rewrapped
            total.damaged = max(total.damaged, pass.damaged)
            total.skipped = pass.skipped
            // A reinstall or a change of status won: its row may still be under the old key.
            if pass.skipped == 0 { break }
        }
        return total
    }

    private func pass(over old: StorageKeyRecord, reencrypt: Bool, done: Int) async throws -> Rewrapped {
        let counter = WorkCounter(
            from: done, phase: reencrypt ? .reencrypt : .rewrap, total: Int(old.installations), report: report)
        return try await inLanes { lane in
            var pace = WorkPace(rate: rate)
            var total = Rewrapped()
            var range = lane
            while true {
                try Task.checkCancellation()
                let done = try await Self.patiently { [range] in
                    try await lock.keep()
                    return reencrypt
                        ? try await store.reencrypt(from: old.id, in: range, limit: deepBatch, at: now())
                        : try await store.rewrap(from: old.id, in: range, limit: batch, at: now())
                }
                guard let last = done.last else { break }
                range.after = last
                total.rewrapped += done.rewrapped
                total.skipped += done.overtaken
                total.damaged += done.damaged.count
                counter.add(done.rewrapped)
                try await pace.wait(for: done.rewrapped + done.overtaken + done.damaged.count)
            }
            // Events that wait under a key that was replaced hold it, so they come soon after.
            if reencrypt { total.damaged += try await resealAll(in: lane) }
            return total
        }.reduce(into: Rewrapped()) { total, part in
            total.rewrapped += part.rewrapped
            total.skipped += part.skipped
            total.damaged += part.damaged
        }
    }

    /// Seals anew what waits under outgoing keys; returns how many events do not open.
    private func resealAll(in lane: NumberRange = NumberRange()) async throws -> Int {
        var pace = WorkPace(rate: rate)
        var damaged = 0
        var range = lane
        while let batch = try await Self.patiently({ [range] in
            try await lock.keep()
            return try await store.reseal(in: range, at: now())
        }) {
            try Task.checkCancellation()
            damaged += batch.damaged.count
            range.after = batch.next
            try await pace.wait(for: batch.resealed)
        }
        return damaged
    }

    // MARK: Verify

    /// Tries every installation.
    func verifyAll(_ depth: VerifyDepth) async throws -> Verified {
        let total = try await store.storageKeys().reduce(0) { $0 + Int($1.installations) }
        let counter = WorkCounter(phase: .verify, total: total, report: report)
        return try await inLanes { lane in
            var pace = WorkPace(rate: rate)
            var found = Verified()
            var range = lane
            while let last = try await verify(depth, range, limit: batch, counter, &pace, into: &found) {
                range.after = last
            }
            return found
        }.reduce(into: Verified()) { $0.add($1) }
    }

    /// Opens every sealed value of about `count` installations, chosen at random over the whole store.
    func verify(sample count: Int) async throws -> Verified {
        // Within what can be divided and added up, whatever number somebody wrote into the file.
        let last = min(max(0, try await store.lastInstallationNumber().value), .max - Int64(count))
        let stride = max(1, (last - 1) / Int64(count) + 1)
        let counter = WorkCounter(phase: .verify, total: count, report: report)
        var pace = WorkPace(rate: rate)
        var found = Verified()
        // One out of each stretch of the same length: spread evenly, and never the same one twice.
        for index in 0..<min(Int64(count), last) {
            let after = index * stride + .random(in: 0..<stride)
            let range = NumberRange(
                after: InstallationNumber(after), through: InstallationNumber((index + 1) * stride))
            _ = try await verify(.values, range, limit: 1, counter, &pace, into: &found)
        }
        return found
    }

    /// Tries one batch; returns its last installation, nil when there was none.
    private func verify(
        _ depth: VerifyDepth, _ range: NumberRange, limit: Int, _ counter: WorkCounter, _ pace: inout WorkPace,
        into found: inout Verified
    ) async throws -> InstallationNumber? {
        try Task.checkCancellation()
        let batch = try await Self.patiently { try await store.verify(depth, in: range, limit: limit, at: now()) }
        found.add(
            Verified(installations: batch.installations, opened: batch.opened, damaged: batch.damaged))
        counter.add(batch.installations)
        try await pace.wait(for: batch.installations)
        return batch.last
    }

    // MARK: A store that is away

    /// How long work waits for a store that does not answer, such as a database that is started anew.
    private static let patience = Duration.seconds(30)

    /// Tries a step again while the store does not answer. Each can be done twice: a row is compared before it is swapped, so one
    /// that was committed and nobody heard of it is left as it is.
    static func patiently<Result: Sendable>(
        for patience: Duration = Self.patience, pause: Duration = .milliseconds(250),
        _ step: @Sendable () async throws -> Result
    ) async throws -> Result {
        var end: ContinuousClock.Instant?
        while true {
            do {
                return try await step()
            } catch let error where isAway(error) {
                let last = end ?? .now + patience
                guard .now < last else { throw error }
                end = last
                try await Task.sleep(for: pause)
            }
        }
    }

    private static func isAway(_ error: any Error) -> Bool {
        switch error {
        case StoreError.unavailable(.unreachable, _), StorageKeyError.store(.unavailable(.unreachable, _)): true
        default: false
        }
    }

    // MARK: Lanes

    /// Runs `body` over all installations. Without a bound there are two lanes, so that one seals or opens while the other
    /// commits; with one there is a single lane, whose pace is the work's.
    private func inLanes<Part: Sendable>(
        _ body: @escaping @Sendable (NumberRange) async throws -> Part
    ) async throws -> [Part] {
        guard rate == 0 else { return [try await body(NumberRange())] }
        let middle = InstallationNumber(try await store.lastInstallationNumber().value / 2)
        return try await withThrowingTaskGroup(of: Part.self) { group in
            group.addTask { try await body(NumberRange(through: middle)) }
            group.addTask { try await body(NumberRange(after: middle)) }
            return try await group.reduce(into: []) { $0.append($1) }
        }
    }
}

extension KeyWork.Verified {
    /// Adds what another batch or lane found.
    fileprivate mutating func add(_ other: KeyWork.Verified) {
        installations += other.installations
        opened += other.opened
        let room = max(0, KeyWork.named - damaged.count)
        damaged += other.damaged.prefix(room)
        more += other.more + max(0, other.damaged.count - room)
    }
}

/// Counts installations over all lanes and reports after each batch.
private final class WorkCounter: Sendable {
    private let done: Mutex<Int>
    private let phase: KeyWorkProgress.Phase
    private let total: Int
    private let report: @Sendable (KeyWorkProgress) -> Void

    init(
        from done: Int = 0, phase: KeyWorkProgress.Phase, total: Int,
        report: @escaping @Sendable (KeyWorkProgress) -> Void
    ) {
        self.done = Mutex(done)
        self.phase = phase
        self.total = total
        self.report = report
    }

    func add(_ installations: Int) {
        let now = done.withLock { done in
            done += installations
            return done
        }
        report(KeyWorkProgress(phase: phase, done: now, total: total))
    }
}

/// Keeps work at a number of rows per second.
struct WorkPace {
    private let rate: Int
    private let start = ContinuousClock.now
    private var rows = 0

    init(rate: Int) { self.rate = rate }

    /// Waits until this many more rows were due.
    mutating func wait(for more: Int) async throws {
        rows += more
        guard rate > 0 else { return }
        try await Task.sleep(until: start + .milliseconds(rows * 1000 / rate))
    }
}

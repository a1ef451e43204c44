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
    let now: Now
    /// Installations per second; 0 for no bound.
    let rate: Int
    /// Called after every batch.
    let report: @Sendable (KeyWorkProgress) -> Void

    /// Rows in a batch. One holds the only writer for as long as it is written, so at a bounded rate a batch is what is
    /// due in a tenth of a second.
    private var batch: Int { rate == 0 ? 1000 : min(max(rate / 10, 1), 250) }
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
        var pace = Pace(rate: rate)
        var total = Rewrapped()
        var range = NumberRange()
        while true {
            try Task.checkCancellation()
            let batch =
                reencrypt
                ? try await store.reencrypt(from: old.id, in: range, limit: deepBatch, at: now())
                : try await store.rewrap(from: old.id, in: range, limit: batch, at: now())
            guard let last = batch.last else { return total }
            range.after = last
            total.rewrapped += batch.rewrapped
            total.skipped += batch.overtaken
            total.damaged += batch.damaged.count
            if reencrypt { total.damaged += try await resealAll() }
            report(
                KeyWorkProgress(
                    phase: reencrypt ? .reencrypt : .rewrap, done: done + total.rewrapped,
                    total: Int(old.installations)))
            try await pace.wait(for: batch.rewrapped + batch.overtaken + batch.damaged.count)
        }
    }

    /// Seals anew what waits under outgoing keys; returns how many events do not open.
    private func resealAll() async throws -> Int {
        var pace = Pace(rate: rate)
        var damaged = 0
        var after: Int64 = 0
        while let batch = try await store.reseal(after: after, at: now()) {
            try Task.checkCancellation()
            damaged += batch.damaged.count
            after = batch.next
            try await pace.wait(for: batch.resealed)
        }
        return damaged
    }

    // MARK: Verify

    /// Opens every sealed value of every installation.
    func verifyAll() async throws -> Verified {
        let total = try await store.storageKeys().reduce(0) { $0 + Int($1.installations) }
        return try await verify(total: total) { after in NumberRange(after: after) }
    }

    /// Opens every sealed value of about `count` installations, chosen at random over the whole store.
    func verify(sample count: Int) async throws -> Verified {
        let last = try await store.lastInstallationNumber()
        let stride = max(1, (last + Int64(count) - 1) / Int64(count))
        // One out of each stretch of the same length: spread evenly, and never the same one twice.
        var picks = (0..<min(Int64(count), last)).map { index in
            NumberRange(after: index * stride + .random(in: 0..<stride), through: (index + 1) * stride)
        }.makeIterator()
        return try await verify(total: count, limit: 1) { _ in picks.next() }
    }

    private func verify(
        total count: Int, limit: Int? = nil, next: (_ after: Int64) -> NumberRange?
    ) async throws -> Verified {
        var pace = Pace(rate: rate)
        var total = Verified()
        var after: Int64 = 0
        while let range = next(after) {
            try Task.checkCancellation()
            let batch = try await store.verify(in: range, limit: limit ?? self.batch, at: now())
            total.installations += batch.installations
            total.opened += batch.opened
            let room = max(0, Self.named - total.damaged.count)
            total.damaged += batch.damaged.prefix(room)
            total.more += max(0, batch.damaged.count - room)
            report(KeyWorkProgress(phase: .verify, done: total.installations, total: count))
            try await pace.wait(for: batch.installations)
            guard let last = batch.last else {
                if limit == nil { break }
                continue
            }
            after = last
        }
        return total
    }
}

/// Keeps work at a number of rows per second.
struct Pace {
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

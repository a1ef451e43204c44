import OperatorAPI

/// Long work on every installation, driven batch by batch from here: Ctrl-C ends it after the batch under way, and the
/// same command goes on, because the rows are the progress.
struct KeyWork: Sendable {
    /// Installations in a batch.
    static let batch = 250

    /// What a rewrap did in all.
    struct Rewrapped: Sendable {
        var rewrapped = 0
        var overtaken = 0
        var damaged = 0
    }

    /// What a verification found in all.
    struct Verified: Sendable {
        var installations = 0
        var opened: Int64 = 0
        var damaged: [DamagedJSON] = []
        /// Damaged values beyond those kept: the list is for people, and memory is bounded.
        var more = 0
    }

    /// Damaged values that are named one by one.
    static let named = 100

    let client: OperatorClient
    /// Rows per second; 0 for no bound.
    let rate: Int

    /// Wraps everything under `old` anew.
    func rewrap(from old: StorageKeyJSON) async throws -> Rewrapped {
        let bar = ProgressBar(title: "rewrap", total: Int(old.installations))
        defer { bar.finish() }
        var pace = Pace(rate: rate)
        var total = Rewrapped()
        var after: Int64?
        repeat {
            try Task.checkCancellation()
            let batch = try await client.post(
                OperatorPath("keys", "rewrap"), BatchRequestJSON(from: old.id, after: after, limit: Self.batch),
                as: RewrapBatchJSON.self)
            total.rewrapped += batch.rewrapped
            total.overtaken += batch.overtaken
            total.damaged += batch.damaged.count
            let rows = batch.rewrapped + batch.overtaken + batch.damaged.count
            bar.advance(by: rows)
            after = batch.last
            try await pace.wait(for: rows)
        } while after != nil
        return total
    }

    /// Opens every sealed value.
    func verify(installations: Int) async throws -> Verified {
        let bar = ProgressBar(title: "verify", total: installations)
        defer { bar.finish() }
        var pace = Pace(rate: rate)
        var total = Verified()
        var after: Int64?
        repeat {
            try Task.checkCancellation()
            let batch = try await client.post(
                OperatorPath("keys", "verify"), BatchRequestJSON(after: after, limit: Self.batch),
                as: VerifyBatchJSON.self)
            total.installations += batch.installations
            total.opened += batch.opened
            let room = max(0, Self.named - total.damaged.count)
            total.damaged += batch.damaged.prefix(room)
            total.more += max(0, batch.damaged.count - room)
            bar.advance(by: batch.installations)
            after = batch.last
            try await pace.wait(for: batch.installations)
        } while after != nil
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

package import Installations
package import Sealing

/// Moves everything that one store keeps into another, empty one: the same rows, so nothing is sealed anew.
///
/// At no moment both stores may be used, and after every one at which it may be ended, running it again goes on:
///
///     source    target
///     leaving   -          announced: nothing has arrived
///     leaving   arriving   rows arrive in the order of their keys, so the rows themselves say how far it has come
///     leaving   checked    everything is there, is the same, and was opened
///     left      checked    from here on it only goes forward
///     left      arrived    the target is the store
///
/// Whoever uses a source that is leaving removes its mark, and the half copy is none of it any more.
package struct Move: Sendable {
    private let source: any MovePlace
    private let target: any MovePlace
    private let keyring: Keyring
    private let now: Now
    private let probe: MoveProbe
    private let report: @Sendable (MoveProgress) -> Void

    /// A move between two places that nobody else has open.
    ///
    /// - Parameter keyring: The storage keys, which stay where they are.
    package init(
        from source: any MovePlace, to target: any MovePlace, keyring: Keyring, now: @escaping Now,
        probe: @escaping MoveProbe = { _ in }, report: @escaping @Sendable (MoveProgress) -> Void = { _ in }
    ) {
        self.source = source
        self.target = target
        self.keyring = keyring
        self.now = now
        self.probe = probe
        self.report = report
    }

    /// Does all of it, or what is left of it.
    package func run() async throws -> MoveReport {
        switch try await OwnThread.run({ _ in try MoveStanding(source, target) }) {
        case .done: return try await OwnThread.run { _ in try arrived() }
        case .left(let id): return try await OwnThread.run { _ in try arrive(id) }
        case .fresh(let old): return try await moveRows(try await OwnThread.run { _ in try begin(replacing: old) })
        case .leaving(let id): return try await moveRows(id)
        }
    }

    private func moveRows(_ id: String) async throws -> MoveReport {
        var made = try await OwnThread.run { isCancelled in
            let rows = MovingRows(from: source, to: target, probe: probe, report: report, isCancelled: isCancelled)
            try rows.copy()
            probe(.copied)
            return try rows.compare()
        }
        try await verify(into: &made)
        try await OwnThread.run { _ in try finish(id) }
        return made
    }

    // MARK: Steps

    /// Marks both stores, the source first.
    private func begin(replacing old: MoveMark?) throws -> String {
        try checkForm()
        let id = MoveMark.newID()
        try replace(old, in: source, by: MoveMark(id: id, state: .leaving, other: target.name, at: now()))
        probe(.announced)
        let arriving = MoveMark(id: id, state: .arriving, other: source.name, at: now())
        guard try target.replace(nil, by: arriving, isFirst: true) else { throw MoveError.notEmpty(target.name) }
        probe(.begun)
        return id
    }

    /// Whether the source opens with the keys that are there, and all its rows have proofs.
    private func checkForm() throws {
        let engine = try source.open(with: keyring)
        let isOlder = engine.tools.authority.gate.takesOlder
        try engine.close()
        guard !isOlder else { throw MoveError.olderForm }
    }

    /// Opens everything that is sealed in the target, and walks its audit log. What does not open here does not open in the
    /// source: it is the same, byte for byte.
    private func verify(into made: inout MoveReport) async throws {
        let store = Store(over: try await OwnThread.run { _ in try target.open(with: keyring) })
        let total = made.tables.first { $0.name == "installation" }?.rows ?? 0
        var (range, done) = (NumberRange(), 0)
        do {
            while true {
                try Task.checkCancellation()
                let (batch, _) = try await store.look(.values, in: range, limit: 64)
                made.verified += batch.opened
                made.corrupt += batch.damaged.count
                guard let last = batch.last else { break }
                range.after = last
                done += batch.installations
                report(MoveProgress(phase: .verify, done: done, total: total))
            }
            switch try await store.verifyAudit(against: nil) {
            case .intact: break
            case .forged(_, let rows): made.corrupt += max(1, rows.count)
            case .broken, .truncated, .rewritten: made.corrupt += 1
            }
        } catch {
            try? store.close()  // What was thrown is the matter.
            throw error
        }
        try store.close()
    }

    /// From a target that has everything to a target that is the store.
    private func finish(_ id: String) throws {
        try advance(target, id, from: [.arriving, .checked], to: .checked)
        probe(.checked)
        try advance(source, id, from: [.leaving], to: .left)
        probe(.left)
        try advance(target, id, from: [.checked], to: .arrived)
    }

    /// The end of a move that was ended between its last two steps.
    private func arrive(_ id: String) throws -> MoveReport {
        try advance(target, id, from: [.checked], to: .arrived)
        return try arrived()
    }

    private func arrived() throws -> MoveReport {
        var made = MoveReport(wasDone: true)
        for table in MovedTable.all { made.tables.append((table.name, try target.count(of: table))) }
        return made
    }

    private func advance(
        _ place: any MovePlace, _ id: String, from states: [MoveMark.State], to state: MoveMark.State
    ) throws {
        guard let mark = try place.mark(), mark.id == id, states.contains(mark.state) else {
            throw MoveError.usedMeanwhile
        }
        try replace(mark, in: place, by: mark.standing(state, at: now()))
    }

    private func replace(_ old: MoveMark?, in place: any MovePlace, by new: MoveMark) throws {
        guard try place.replace(old, by: new, isFirst: false) else { throw MoveError.usedMeanwhile }
    }
}

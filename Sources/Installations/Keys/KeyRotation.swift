package import Sealing

/// What a rotation did (contract.md section 4).
package struct RotationReport: Sendable {
    /// Where a rotation stood when it was asked for.
    package enum Stage: String, Sendable {
        /// It began with this call, or would.
        case began
        /// An interrupted one was gone on with, or would be.
        case resumed
        /// The last one ended a moment ago; nothing was done.
        case finished
    }

    /// Where it stood.
    package let standing: Stage
    /// Whether installation keys were replaced too.
    package let reencrypt: Bool
    /// The storage key it leads away from.
    package let from: StorageKeyID
    /// The primary key it leads to; nil in a dry run that would make one.
    package let to: StorageKeyID?
    /// Installations with a key, counted at the start.
    package let installations: Int
    /// Those that were under the primary key already.
    package let alreadyCurrent: Int
    /// Installations moved to the primary key.
    package var rewrapped = 0
    /// Rows that somebody else changed each time they were tried.
    package var skipped = 0
    /// Values that do not open.
    package var corrupt = 0
    /// Installations whose keys were opened at the end; in a re-encryption every value.
    package var verified = 0
    /// How long it took, or in a dry run would take, in milliseconds.
    package var milliseconds = 0
}

/// One rotation, from wherever it stands: add, promote, rewrap all, verify all, retire.
struct KeyRotation: Sendable {
    /// How long after its end a rotation counts as just finished. The same command given twice, by a script or after a
    /// lost connection, then says so instead of making another key; a key added by hand shows that one is wanted.
    static let justFinishedMilliseconds: Int64 = 600 * 1000

    let manager: StorageKeyManager
    let work: KeyWork
    let actor: Actor
    let probe: RotationProbe

    /// Rotates, or goes on.
    ///
    /// - Parameter reencrypt: Whether to replace installation keys as well. An interrupted rotation goes on as it began.
    func run(reencrypt: Bool) async throws -> RotationReport {
        let start = ContinuousClock.now
        var report = try await look(reencrypt: reencrypt)
        guard report.standing != .finished else { return report }

        let rotation = try await begin(report)
        report = report.leading(to: rotation.plan.to)
        let done = try await work.rewrapAll(reencrypt: rotation.plan.reencrypt)
        let verified = try await work.verifyAll(rotation.plan.reencrypt ? .values : .keys)
        report.rewrapped = done.rewrapped
        report.skipped = done.skipped
        report.verified = verified.installations
        report.corrupt = max(done.damaged, verified.damaged.count + verified.more)
        probe(.verified)
        if report.corrupt == 0 {
            try await work.lock.keep()
            try await retireOld()
            probe(.retired)
            try await work.store.finishRotation(rotation, actor: actor, at: work.now())
        }
        await work.store.truncateLog()
        report.milliseconds = Int((ContinuousClock.now - start) / .milliseconds(1))
        return report
    }

    /// What `run` would do, with an estimate of the time; changes nothing.
    func plan(reencrypt: Bool) async throws -> RotationReport {
        var report = try await look(reencrypt: reencrypt)
        guard report.standing != .finished else { return report }
        let rows = report.installations - report.alreadyCurrent + report.installations
        report.milliseconds = try await rows * millisecondsPerThousand() / 1000
        return report
    }

    // MARK: Where it stands

    private func look(reencrypt: Bool) async throws -> RotationReport {
        let keys = try await work.store.storageKeys()
        // A state that somebody wrote into the file must not choose the key that everything is moved to.
        guard keys.allSatisfy(\.isGenuine) else {
            throw StorageKeyError.store(.forgedRow(.storageKey))
        }
        guard let primary = keys.first(where: { $0.state == .primary }) else {
            throw StorageKeyError.store(.noPrimaryKey)
        }
        let all = keys.reduce(0) { $0 + Int($1.installations) }
        func report(
            _ standing: RotationReport.Stage, _ from: StorageKeyID, _ to: StorageKeyID?, _ reencrypt: Bool,
            current: Int
        ) -> RotationReport {
            RotationReport(
                standing: standing, reencrypt: reencrypt, from: from, to: to, installations: all,
                alreadyCurrent: current)
        }
        let latest = try await work.store.latestRotation()
        // Under a key that only memory has everything would be lost with the process: no rotation to it has finished, and none
        // is gone on with.
        guard manager.hasFile(of: primary.id) else {
            let isDeep = latest.map { $0.finishedAt == nil && $0.plan.reencrypt } ?? false
            return report(.began, primary.id, nil, reencrypt || isDeep, current: 0)
        }
        let current = Int(primary.installations)
        // A key that is retiring is a rotation that did not end, whoever promoted its successor.
        let retiring = keys.last { $0.state == .retiring }?.id
        if let latest, latest.finishedAt == nil {
            let from = retiring ?? latest.plan.from
            return report(.resumed, from, primary.id, latest.plan.reencrypt || reencrypt, current: current)
        }
        if let retiring { return report(.resumed, retiring, primary.id, reencrypt, current: current) }
        let isWanted = keys.contains { $0.state == .prepared }
        if !isWanted, let latest, isJustFinished(latest, reencrypt: reencrypt, primary: primary.id) {
            return report(.finished, latest.plan.from, primary.id, latest.plan.reencrypt, current: all)
        }
        return report(.began, primary.id, nil, reencrypt, current: 0)
    }

    private func isJustFinished(_ latest: RotationRecord, reencrypt: Bool, primary: StorageKeyID) -> Bool {
        guard let finishedAt = latest.finishedAt, latest.plan.to == primary else { return false }
        // A plain rotation is no answer to who asks for a deep one.
        guard latest.plan.reencrypt || !reencrypt else { return false }
        // One that ended later than now did so by a clock that was ahead: how long ago nobody knows.
        let age = work.now().milliseconds - finishedAt.milliseconds
        return (0..<Self.justFinishedMilliseconds).contains(age)
    }

    /// Measured on a batch that is verified, where no rate bounds it: opening a key costs about what wrapping it does.
    private func millisecondsPerThousand() async throws -> Int {
        if work.rate > 0 { return 1_000_000 / work.rate }
        let start = ContinuousClock.now
        let batch = try await work.store.verify(.keys, in: NumberRange(), limit: 250, at: work.now())
        guard batch.installations > 0 else { return 0 }
        return Int((ContinuousClock.now - start) * 1000 / batch.installations / .milliseconds(1))
    }

    // MARK: Steps

    private func begin(_ report: RotationReport) async throws -> RotationRecord {
        let latest = try await work.store.latestRotation()
        if report.standing == .began {
            let plan = RotationPlan(from: report.from, to: try await promoteSuccessor(), reencrypt: report.reencrypt)
            return try await work.store.beginRotation(plan, actor: actor, at: work.now())
        }
        if let latest, latest.finishedAt == nil, latest.plan.reencrypt == report.reencrypt,
            latest.plan.to == report.to
        {
            return latest
        }
        // Begun by hand, or by a call that ended before it could record it, or to go deeper than it began.
        guard let to = report.to else { throw StorageKeyError.store(.noPrimaryKey) }
        let plan = RotationPlan(from: report.from, to: to, reencrypt: report.reencrypt)
        return try await work.store.beginRotation(plan, actor: actor, at: work.now())
    }

    /// A key that waits prepared was added by hand or by a rotation that was interrupted: it is taken before another.
    private func promoteSuccessor() async throws -> StorageKeyID {
        let prepared = try await work.store.storageKeys().last { $0.state == .prepared }
        let successor: StorageKeyRecord
        if let prepared { successor = prepared } else { successor = try await manager.add(actor: actor) }
        let id = try await manager.take(.promote, of: successor.id, actor: actor).id
        probe(.promoted)
        return id
    }

    private func retireOld() async throws {
        for key in try await work.store.storageKeys() where key.state == .retiring {
            _ = try await manager.take(.retire, of: key.id, actor: actor)
        }
    }
}

extension RotationReport {
    fileprivate func leading(to key: StorageKeyID) -> RotationReport {
        RotationReport(
            standing: standing, reencrypt: reencrypt, from: from, to: key, installations: installations,
            alreadyCurrent: alreadyCurrent)
    }
}

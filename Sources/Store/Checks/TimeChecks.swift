import Installations
import Webhooks

/// The checks of `doctor` that compare the clock with what the store remembers.
extension Store {
    /// A moment before this program existed, and one it will not see: outside, the clock was never set.
    private static let plausible =
        Timestamp(milliseconds: 1_735_689_600_000)..<Timestamp(milliseconds: 4_102_444_800_000)
    /// How old the last backup may be.
    private static let backupAge: Int64 = 7 * 24 * 3600 * 1000

    /// Tokens expire, keys age and retries wait by this clock.
    ///
    /// - Parameter retention: How long what arrived before it was put back is kept from then on: no other wait is longer but the
    ///   grace of a storage key.
    func clock(_ now: Timestamp, _ retention: EventRetention) async throws(StoreError) -> Finding {
        let fix = "set the clock and keep it set, such as with: timedatectl set-ntp true"
        guard Self.plausible.contains(now) else { return Finding("clock", .fail, "it shows \(now.rfc3339)", fix: fix) }
        let (clock, seen) = try await read { reads in (try reads.clock(), try reads.newestTimes()) }
        let steps = clock.steps
        let newest = [seen.event?.moment ?? clock.newest, clock.newest, seen.recorded, seen.held]
            .compactMap { $0 }.filter { !steps.explain($0) }.max()
        if let newest, newest.milliseconds > now.milliseconds + ClockSteps.precision {
            return Finding(
                "clock", .fail, "it shows \(now.rfc3339), but the store has seen \(newest.rfc3339) already", fix: fix)
        }
        if clock.isLeap(to: now) {
            return Finding(
                "clock", .warn,
                "it shows \(now.rfc3339), weeks after events were cleared away last: none are until it has done so for an hour",
                fix: "none, if it is right; if not, \(fix)")
        }
        let longest = max(retention.length, StorageKeyLife.graceMilliseconds)
        guard let step = steps.all.last(where: { $0.noticed.milliseconds + longest > now.milliseconds }) else {
            return Finding("clock", .ok, "not behind what the store has seen")
        }
        return Finding(
            "clock", .warn,
            "it was put back from \(step.newest.rfc3339) to \(step.noticed.rfc3339): "
                + "what had begun before waits from then on as long as it may",
            fix: "none, if it is right now; if not, \(fix)")
    }

    func lastBackup(_ now: Timestamp) async throws(StoreError) -> Finding {
        let (newest, first) = try await read { reads in
            (try reads.newestBackup(needing: nil), try reads.firstRecord()?.milliseconds)
        }
        let ahead = now.milliseconds + ClockSteps.precision
        let fix = "innkeeper backup FILE, every day and onto another machine; restore one now and then"
        guard let newest else {
            let first = first ?? 0
            let isYoung = first <= ahead && now.milliseconds - first <= Self.backupAge
            return isYoung
                ? Finding("last backup", .ok, "none yet; the deployment is younger than 7 days")
                : Finding("last backup", .warn, "none was ever made", fix: fix)
        }
        let age = now.milliseconds - newest.madeAt.milliseconds
        let what = "\(newest.madeAt.rfc3339), \(Backup.place(newest.path))"
        if newest.madeAt.milliseconds > ahead {
            return Finding(
                "last backup", .warn, "made while the clock was ahead, nobody knows how long ago: \(what)", fix: fix)
        }
        return age <= Self.backupAge
            ? Finding("last backup", .ok, what) : Finding("last backup", .warn, "older than 7 days: \(what)", fix: fix)
    }
}

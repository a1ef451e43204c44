import GRDB
import Installations

/// The checks of `doctor` that compare the clock with what the store remembers.
extension SQLiteStore {
    /// A moment before this program existed, and one it will not see: outside, the clock was never set.
    private static let plausible =
        Timestamp(milliseconds: 1_735_689_600_000)..<Timestamp(milliseconds: 4_102_444_800_000)
    /// How far clocks may step back without being wrong: less than the skew that tokens are allowed.
    private static let step: Int64 = 60_000
    /// How old the last backup may be.
    private static let backupAge: Int64 = 7 * 24 * 3600 * 1000

    /// Tokens expire, keys age and retries wait by this clock.
    func clock(_ now: Timestamp) async throws(StoreError) -> Finding {
        let fix = "set the clock and keep it set, such as with: timedatectl set-ntp true"
        guard Self.plausible.contains(now) else { return Finding("clock", .fail, "it shows \(now.rfc3339)", fix: fix) }
        let newest = try await read { db in
            // The newest id and not the newest arrival: ids only grow, so that an event which comes after the clock was
            // put right does not hide that those before it came too late to be cleared away in time.
            let id = try Int64.fetchOne(db, sql: "SELECT id FROM event ORDER BY id DESC LIMIT 1")
            let record = try Int64.fetchOne(
                db,
                sql: """
                    SELECT max(
                        ifnull((SELECT at FROM audit ORDER BY number DESC LIMIT 1), 0),
                        ifnull((SELECT max(until - length) FROM stream_hold), 0))
                    """)
            return max(record ?? 0, id.map { EventID(number: $0).moment.milliseconds } ?? 0)
        }
        guard newest <= now.milliseconds + Self.step else {
            let newest = Timestamp(milliseconds: newest)
            return Finding(
                "clock", .fail, "it shows \(now.rfc3339), but the store has seen \(newest.rfc3339) already", fix: fix)
        }
        return Finding("clock", .ok, "not behind what the store has seen")
    }

    func lastBackup(_ now: Timestamp) async throws(StoreError) -> Finding {
        let (newest, first) = try await read { db in
            (try BackupRows.newest(db), try Int64.fetchOne(db, sql: "SELECT at FROM audit ORDER BY number LIMIT 1"))
        }
        let fix = "innkeeper backup FILE, every day and onto another machine; restore one now and then"
        guard let newest else {
            let isYoung = now.milliseconds - (first ?? 0) <= Self.backupAge
            return isYoung
                ? Finding("last backup", .ok, "none yet; the deployment is younger than 7 days")
                : Finding("last backup", .warn, "none was ever made", fix: fix)
        }
        let age = now.milliseconds - newest.madeAt.milliseconds
        let what = "\(newest.madeAt.rfc3339), \(Backup.place(newest.path))"
        return age <= Self.backupAge
            ? Finding("last backup", .ok, what) : Finding("last backup", .warn, "older than 7 days: \(what)", fix: fix)
    }
}

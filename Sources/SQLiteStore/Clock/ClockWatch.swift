import GRDB
package import Installations
import Synchronization

/// What this process saw of the clock last.
final class ClockWatch: Sendable {
    private let last = Mutex<(shown: Timestamp, at: ContinuousClock.Instant)?>(nil)

    /// Whether the clock went no faster than time does since it was looked at last. Nobody knows of the first look.
    func isSteady(_ now: Timestamp, _ uptime: ContinuousClock.Instant) -> Bool {
        last.withLock { last in
            guard let last else { return false }
            let passed = Int64(last.at.duration(to: uptime) / .milliseconds(1))
            return now.milliseconds - last.shown.milliseconds <= passed + ClockSteps.precision
        }
    }

    func saw(_ now: Timestamp, _ uptime: ContinuousClock.Instant) { last.withLock { $0 = (now, uptime) } }
}

extension SQLiteStore {
    /// Keeps in mind what the clock shows: once a minute in the store, and at once when it was put back, which is a step from
    /// which on waits are counted. Asked every second, so a failure is made up for by the next time.
    package func noteClock(at now: Timestamp) async { await noteClock(at: now, uptime: .now) }

    func noteClock(at now: Timestamp, uptime: ContinuousClock.Instant) async {
        let isSteady = clockWatch.isSteady(now, uptime)
        do throws(StoreError) {
            if try await read({ db in try ClockRow(db).isNews(now) }) {
                try await write { db in try ClockRow(db).note(now, isSteady: isSteady, db) }
            }
        } catch {
            return
        }
        clockWatch.saw(now, uptime)
    }
}

/// What the store knows of the clock.
struct ClockRow {
    /// No deployment is left alone for longer without somebody who knows.
    private static let leap: Int64 = 30 * 86_400_000
    /// How exactly it is known when events were cleared away last.
    private static let sweepPrecision: Int64 = 3_600_000

    /// The latest time it showed when it was looked at.
    private let shown: Timestamp
    /// The latest time it showed, as far as the store knows: also of an event that arrived between two looks.
    let newest: Timestamp
    /// When events were cleared away last.
    private let swept: Timestamp

    init(_ db: Database) throws {
        let row = try Row.fetchOne(
            db.cachedStatement(
                sql: """
                    SELECT shown, swept,
                        (SELECT received_at FROM event WHERE id = (SELECT max(id) FROM event)
                            AND id > ifnull((SELECT max(event) FROM clock_step), 0)) AS arrived
                    FROM clock
                    """))
        let none = Timestamp(milliseconds: 0)
        shown = row?.time("shown") ?? none
        newest = max(shown, row?.timeIfAny("arrived") ?? none)
        swept = row?.time("swept") ?? none
    }

    /// Whether the clock was put back.
    func isBehind(_ now: Timestamp) -> Bool { newest.milliseconds > now.milliseconds + ClockSteps.precision }

    fileprivate func isNews(_ now: Timestamp) -> Bool {
        isBehind(now) || now.milliseconds > shown.milliseconds + ClockSteps.precision
    }

    fileprivate func note(_ now: Timestamp, isSteady: Bool, _ db: Database) throws {
        if isBehind(now) {
            try db.execute(
                sql: """
                    INSERT INTO clock_step (noticed, newest, event, audit)
                    SELECT ?, ?, ifnull((SELECT max(id) FROM event), 0), ifnull((SELECT max(number) FROM audit), 0)
                    """, arguments: [now.milliseconds, newest.milliseconds])
            // A clock that goes to and fro each second must not fill the disk.
            try db.execute(sql: "DELETE FROM clock_step WHERE number <= (SELECT max(number) FROM clock_step) - 1000")
        } else if !isSteady {
            // It jumped to where it had been, or nobody saw it go there: what it showed then may have been right, and a date
            // of then is no longer ahead.
            try db.execute(
                sql: "UPDATE clock_step SET undone = 1 WHERE newest > ? AND newest <= ?",
                arguments: [shown.milliseconds, now.milliseconds])
        }
        try db.execute(sql: "UPDATE clock SET shown = ?", arguments: [now.milliseconds])
    }

    // MARK: Leaps

    /// What the clock showed last, if that may be wrong.
    var leap: Timestamp? { isLeap(to: shown) ? shown : nil }

    /// Whether the clock is so far beyond the last time events were cleared away that it may be wrong.
    func isLeap(to now: Timestamp) -> Bool {
        swept.milliseconds > 0 && now.milliseconds - swept.milliseconds > Self.leap
    }

    /// Notes that events are cleared away.
    func sweeps(at now: Timestamp, _ db: Database) throws {
        guard abs(now.milliseconds - swept.milliseconds) >= Self.sweepPrecision else { return }
        try db.execute(sql: "UPDATE clock SET swept = ?", arguments: [now.milliseconds])
    }
}

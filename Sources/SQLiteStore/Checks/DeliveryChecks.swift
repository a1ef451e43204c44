import GRDB
package import Installations
import Webhooks

/// The checks of `doctor`, and of a start, that look at what became of events.
extension SQLiteStore {
    /// What is wrong with deliveries; nothing when nothing is.
    package func deliveryFindings(at now: Timestamp) async throws(StoreError) -> [Finding] {
        try await deliveryFindings(at: now, among: 50_000)
    }

    /// The same, with so many of the held streams looked at.
    func deliveryFindings(at now: Timestamp, among holds: Int) async throws(StoreError) -> [Finding] {
        let (dead, failing, isAll) = try await read { db in
            (try Self.deadLetters(db), try Self.failing(at: now, among: holds, db), try Self.hasHolds(upTo: holds, db))
        }
        return [Self.finding(dead: dead)].compactMap { $0 } + failing.map { Self.finding($0, isAll: isAll) }
    }

    // MARK: Dead letters

    private struct DeadLetters {
        let addonKey: String
        let count: Int
    }

    /// Add-ons that a line names.
    private static let namedAddons = 5

    /// Counted for each installation in the index, so that an add-on is looked up once for each of them and no event is read.
    private static func deadLetters(_ db: Database) throws -> [DeadLetters] {
        let rows = try Row.fetchAll(
            db,
            sql: """
                SELECT addon_key, sum(count) AS count FROM
                    (SELECT installation, count(*) AS count FROM event INDEXED BY event_dead
                     WHERE state = 'dead' GROUP BY installation)
                JOIN installation ON number = installation GROUP BY addon_key ORDER BY count DESC, addon_key
                """)
        return rows.map { DeadLetters(addonKey: $0["addon_key"], count: $0["count"]) }
    }

    private static func finding(dead: [DeadLetters]) -> Finding? {
        guard let first = dead.first else { return nil }
        let named = dead.prefix(namedAddons).map { "\($0.count) of \($0.addonKey)" }.joined(separator: ", ")
        let more = dead.count > namedAddons ? " and of \(dead.count - namedAddons) more add-ons" : ""
        return Finding(
            "dead letters", .warn, "\(named)\(more)",
            fix: "see why with: innkeeper events list --state dead, innkeeper events show ID; when that is mended: "
                + "innkeeper events replay --dead --addon \(first.addonKey)")
    }

    // MARK: Targets that fail

    private struct Failing {
        let addonKey: String
        var installations = 0
        var since: Timestamp
        /// By what the last attempts failed of.
        var reasons: [String: Int] = [:]
    }

    /// An event that fails is no news before it has waited so long: the first attempts after the first are within seconds. One
    /// that is dated ahead waits since before the clock was put back.
    private static let patience: Int64 = 60_000

    private static func hasHolds(upTo limit: Int, _ db: Database) throws -> Bool {
        let count = try Int.fetchOne(
            db, sql: "SELECT count(*) FROM (SELECT 1 FROM stream_hold WHERE lease IS NULL LIMIT ?)",
            arguments: [limit + 1])
        return (count ?? 0) <= limit
    }

    private static func failing(at now: Timestamp, among holds: Int, _ db: Database) throws -> [Failing] {
        let rows = try Row.fetchCursor(
            db,
            sql: """
                SELECT addon_key, failure, count(*) AS count, min(coalesce(replayed_at, received_at)) AS since FROM
                    (SELECT event AS held FROM stream_hold WHERE lease IS NULL LIMIT ?)
                CROSS JOIN event ON id = held JOIN installation ON number = event.installation
                WHERE state = 'pending' AND failure IS NOT NULL
                    AND coalesce(replayed_at, received_at) NOT BETWEEN ? AND ?
                GROUP BY addon_key, failure
                """, arguments: [holds, now.milliseconds - patience + 1, now.milliseconds])
        var failing: [String: Failing] = [:]
        while let row = try rows.next() {
            let (addonKey, count): (String, Int) = (row["addon_key"], row["count"])
            var one = failing[addonKey] ?? Failing(addonKey: addonKey, since: now)
            one.installations += count
            one.since = min(one.since, row.time("since"))
            one.reasons[row["failure"], default: 0] += count
            failing[addonKey] = one
        }
        return failing.values.sorted { $0.addonKey < $1.addonKey }
    }

    private static func finding(_ failing: Failing, isAll: Bool) -> Finding {
        let reasons = failing.reasons.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.prefix(3)
            .map { "\($0.key) (\($0.value))" }
        let many = failing.installations == 1 ? "1 installation" : "\(failing.installations) installations"
        return Finding(
            "deliveries of \(failing.addonKey)", .warn,
            "they fail for \(isAll ? "" : "at least ")\(many), of events since \(failing.since.rfc3339): "
                + reasons.joined(separator: ", "),
            fix: "mend what they are delivered to; see: "
                + "innkeeper events list --state pending --addon \(failing.addonKey)")
    }
}

import GRDB
import Installations
import Marketplace
import Webhooks

/// Targets to which nothing is pushed, in SQL.
enum TargetRows {
    /// Without those whose names nobody can configure.
    static func pauses(_ db: Database) throws -> [TargetPause] {
        try Row.fetchAll(db.cachedStatement(sql: "SELECT addon_key, name, since FROM target_pause")).compactMap { row in
            AddonKey(row["addon_key"] as String).map { addonKey in
                TargetPause(target: TargetID(addonKey: addonKey, name: row["name"]), since: row.time("since"))
            }
        }
    }

    static func insert(_ pause: TargetPause, _ db: Database) throws {
        try db.execute(
            sql: "INSERT INTO target_pause (addon_key, name, since) VALUES (?, ?, ?)",
            arguments: [pause.target.addonKey.text, pause.target.name, pause.since.milliseconds])
    }

    static func delete(_ target: TargetID, _ db: Database) throws {
        try db.execute(
            sql: "DELETE FROM target_pause WHERE addon_key = ? AND name = ?",
            arguments: [target.addonKey.text, target.name])
    }
}

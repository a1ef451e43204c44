import Installations
import Marketplace
import Webhooks

/// Targets to which nothing is pushed, in SQL.
enum TargetRows {
    static let select = Query("SELECT addon_key, name, since FROM innkeeper.target_pause")

    /// Nil for one whose name nobody can configure.
    static func pause(_ row: ResultRow) -> TargetPause? {
        AddonKey(row.text(0)).map { addonKey in
            TargetPause(target: TargetID(addonKey: addonKey, name: row.text(1)), since: row.time(2))
        }
    }

    /// Another process may have been faster: then it stays as it is.
    static func insert(_ pause: TargetPause) -> Query {
        Query(
            "INSERT INTO innkeeper.target_pause (addon_key, name, since) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
            pause.target.addonKey.text, pause.target.name, pause.since.milliseconds)
    }

    static func delete(_ target: TargetID) -> Query {
        Query(
            "DELETE FROM innkeeper.target_pause WHERE addon_key = $1 AND name = $2", target.addonKey.text, target.name)
    }
}

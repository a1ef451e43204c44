import Installations
import Store
import Webhooks

/// Whose settings are to be erased, and how far that has come.
enum SettingsRows {
    /// Notes that an installation has ended.
    static func note(_ installation: InstallationNumber, endedAt: Timestamp) -> Query {
        Query(
            """
            INSERT INTO innkeeper.settings_to_erase (installation, ended_at) VALUES ($1, $2)
            ON CONFLICT (installation) DO UPDATE SET ended_at = excluded.ended_at, through = 0
            """, installation.value, endedAt.milliseconds)
    }

    /// Notes how far an installation is looked through; all of it for nil.
    static func erased(_ installation: InstallationNumber, through event: EventID?) -> Query {
        guard let event else {
            return Query("DELETE FROM innkeeper.settings_to_erase WHERE installation = $1", installation.value)
        }
        return Query(
            "UPDATE innkeeper.settings_to_erase SET through = $1 WHERE installation = $2", event.number,
            installation.value)
    }

    /// The oldest events of ended installations that still have a body, as many in all as were asked for and one more: `$1` the
    /// moment before which an installation has ended, `$2` how many, `$3` the type of those that hold settings.
    static let due = """
        SELECT due.installation, event.id, event.state, \(EventRows.bytes), event.type = $3,
            EXISTS (SELECT 1 FROM innkeeper.stream_hold
                WHERE stream_hold.installation = due.installation AND stream_hold.event = event.id)
        FROM (SELECT installation, ended_at, through FROM innkeeper.settings_to_erase
              WHERE ended_at < $1 ORDER BY ended_at, installation LIMIT $2 + 1) AS due
        LEFT JOIN LATERAL (
            SELECT id, state, bytes, type FROM (
                (SELECT id, state, bytes, type FROM innkeeper.event
                 WHERE event.installation = due.installation AND \(EventRows.isWaiting) AND id > through
                 ORDER BY id LIMIT $2)
                UNION ALL
                (SELECT id, state, bytes, type FROM innkeeper.event
                 WHERE event.installation = due.installation AND state = 'dead' AND id > through
                 ORDER BY id LIMIT $2)) AS either
            ORDER BY id LIMIT $2) AS event ON true
        ORDER BY due.ended_at, due.installation, event.id LIMIT $2 * 2 + 1
        """
}

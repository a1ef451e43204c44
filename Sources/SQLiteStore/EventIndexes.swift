import GRDB
import Webhooks

/// The events of one installation, `?1` in all that is here. Each is in exactly one of three partial indexes, by its
/// state, which end with the row number: so the newest or the oldest are found without a walk.
enum EventIndexes {
    /// The indexes and their conditions, word for word, or SQLite does not use them.
    private static let waiting = "event INDEXED BY event_waiting WHERE installation = ?1 AND \(StreamRows.isWaiting)"
    private static let dead = "event INDEXED BY event_dead WHERE installation = ?1 AND state = 'dead'"
    private static let delivered = "event INDEXED BY event_delivered WHERE state = 'delivered'"

    /// Selects `columns` of the events that still have a body: all but the delivered. `more` is added to the conditions;
    /// an ORDER BY id that follows costs no sorting.
    static func sealed(_ columns: String, _ more: String = "") -> String {
        let rest = "AND sealed_body IS NOT NULL \(more)"
        return "SELECT \(columns) FROM \(waiting) \(rest) UNION ALL SELECT \(columns) FROM \(dead) \(rest)"
    }

    /// Selects the id of the newest event that is not delivered, or NULL.
    static let newestUndelivered = """
        SELECT max(id) FROM (SELECT max(id) AS id FROM \(waiting) UNION ALL SELECT max(id) FROM \(dead))
        """

    /// Selects the ids of events before `?2` that are not delivered, newest first, at most `?3`.
    static func undelivered(_ state: EventState?) -> String {
        let only = "AND id < ?2 " + (state.map { "AND state = '\($0.rawValue)'" } ?? "")
        return """
            SELECT id FROM \(waiting) \(only) UNION ALL SELECT id FROM \(dead) \(only) ORDER BY id DESC LIMIT ?3
            """
    }

    // MARK: Delivered

    /// How much of an id says in which group of the index its event is, if it is delivered.
    static let groupBits = 44

    /// Selects the newest group up to group `?1` in which any installation has events.
    static let group = """
        SELECT id >> \(groupBits) FROM \(delivered) AND id >> \(groupBits) <= ?1
        ORDER BY id >> \(groupBits) DESC LIMIT 1
        """

    /// Selects the ids of delivered events before `?2` in group `?4`, newest first, at most `?3`.
    static let ofGroup = """
        SELECT id FROM \(delivered) AND id >> \(groupBits) = ?4 AND installation = ?1 AND id < ?2
        ORDER BY id DESC LIMIT ?3
        """
}

import GRDB
import Webhooks

/// The events of one installation. Each is in exactly one of three partial indexes, by its state, and all three end with
/// the row number, so that the newest or the oldest of an installation are found without a walk.
enum EventIndexes {
    /// The index and its condition, word for word, or SQLite does not use it.
    private struct Part {
        let index: String
        let condition: String

        static let waiting = Part(index: "event_waiting", condition: StreamRows.isWaiting)
        static let dead = Part(index: "event_dead", condition: "state = 'dead'")
        static let delivered = Part(index: "event_delivered", condition: "state = 'delivered'")

        func select(_ columns: String, _ more: String) -> String {
            "SELECT \(columns) FROM event INDEXED BY \(index) WHERE installation = ?1 AND \(condition) \(more)"
        }
    }

    /// Selects `columns` of the events of installation `?1` that still have a body: all but the delivered. `more` is
    /// added to the conditions; an ORDER BY id that follows costs no sorting.
    static func sealed(_ columns: String, _ more: String = "") -> String {
        [Part.waiting, .dead].map { $0.select(columns, "AND sealed_body IS NOT NULL \(more)") }
            .joined(separator: " UNION ALL ")
    }

    /// Selects the id of the newest event of installation `?1` that is not delivered, or NULL.
    static let newestUndelivered =
        "SELECT max(id) FROM (\([Part.waiting, .dead].map { $0.select("max(id) AS id", "") }.joined(separator: " UNION ALL ")))"

    /// Selects ids of events of installation `?1` before `?2`, newest first, at most `?3`.
    static func newest(_ state: EventState?) -> String {
        let parts: [Part] =
            switch state {
            case nil: [.waiting, .dead, .delivered]
            case .pending, .leased: [.waiting]
            case .dead: [.dead]
            case .delivered: [.delivered]
            }
        let only = state.map { "AND state = '\($0.rawValue)'" } ?? ""
        return parts.map { $0.select("id", "AND id < ?2 \(only)") }.joined(separator: " UNION ALL ")
            + " ORDER BY id DESC LIMIT ?3"
    }
}

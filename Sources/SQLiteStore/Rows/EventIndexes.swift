import GRDB
import Webhooks

/// The events of one installation that do not wait, `?1` in all that is here; `WaitingIndex` knows those that do. Each is in
/// exactly one of two partial indexes, which end with the row number: so the newest or the oldest are found without a
/// walk.
enum EventIndexes {
    /// The indexes and their conditions, word for word, or SQLite does not use them.
    private static let dead = "event INDEXED BY event_dead WHERE installation = ?1 AND state = 'dead'"
    private static let delivered = "event INDEXED BY event_delivered WHERE state = 'delivered'"

    // MARK: Dead

    /// Selects the id of the newest dead event, or NULL.
    static let newestDead = "SELECT max(id) FROM \(dead)"

    /// Selects the ids of dead events after `?2`, oldest first, at most `?3`.
    static let deadAfter = "SELECT id FROM \(dead) AND id > ?2 ORDER BY id LIMIT ?3"

    /// Selects the ids of dead events before `?2`, newest first, at most `?3`.
    static let deadBefore = "SELECT id FROM \(dead) AND id < ?2 ORDER BY id DESC LIMIT ?3"

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

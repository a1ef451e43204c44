/// What keeps a webhook out of the inbox. The raw values are words of the log and the metrics.
package enum InboxBound: String, CaseIterable, Sendable {
    /// `inbox.maxEvents` is reached.
    case events = "inbox_full_events"
    /// `inbox.maxBytes` is reached.
    case bytes = "inbox_full_bytes"
    /// What is left of one of them is for installations that keep less.
    case share = "inbox_share"
    /// Too much waits for its commit.
    case queue = "queue_full"
    /// What is left of that is for installations of which less waits.
    case queueShare = "queue_share"
    /// Less than `store.minFreeBytes` is free.
    case disk = "disk_low"
    /// The server is shutting down.
    case stopping = "stopping"
}

/// A bound that all installations share. The last quarter of it is kept for those that hold under 1 % of it: so whoever fills
/// the rest, with all of a flood or a backlog of its own, leaves a place for everybody else.
struct SharedBound: Hashable, Sendable {
    enum Verdict: Hashable { case fits, full, overShare }

    let limit: Int

    /// What may be held until shares count.
    private var free: Int { limit - limit / 4 }
    /// What an installation may hold and still get of the rest: at least nothing, which is less than one.
    private var share: Int { max(1, limit / 100) }

    /// Whether `more` finds a place beside the `total`, of which the one that asks has `own`; asked only when it matters.
    func judge(_ more: Int, beside total: Int, own: @autoclosure () -> Int) -> Verdict {
        if total <= free - more { return .fits }
        if total > limit - more { return .full }
        return own() < share ? .fits : .overShare
    }
}

package import Installations
import Synchronization

/// The server's clock, which all processes that share the store go by: their own may be wrong by a day.
package final class ServerClock: Sendable {
    private let local: Now
    /// How far the server's is ahead of ours, in milliseconds.
    private let ahead = Atomic<Int64>(0)

    /// Our own until the server was asked.
    init(_ local: @escaping Now) { self.local = local }

    /// What it shows.
    package var now: Timestamp {
        Timestamp(milliseconds: local().milliseconds + ahead.load(ordering: .relaxed))
    }

    /// How far our own clock is ahead of it, in milliseconds.
    var ownLead: Int64 { -ahead.load(ordering: .relaxed) }

    /// Asks the server, and keeps how far it is ahead. What the question itself takes is not told from that, so what was known is
    /// kept while it may be true.
    func measure(_ ask: () throws(LinkFailure) -> Timestamp?) throws(LinkFailure) {
        let start = local()
        guard let shown = try ask() else { return }
        let end = local()
        let known = ahead.load(ordering: .relaxed)
        let (least, most) = (shown.milliseconds - end.milliseconds, shown.milliseconds - start.milliseconds)
        guard least <= most, !(least...most).contains(known) else { return }
        ahead.store((least + most) / 2, ordering: .relaxed)
    }

    /// What the server shows, in milliseconds since 1970.
    static let shown = "(extract(epoch FROM clock_timestamp()) * 1000)::int8"
}

import NIOCore

/// What one exchange has taken of its client's time: while the request arrives, and while bytes of the answer wait here. The
/// server's own time does not count: a worker waits for events, and long work is answered when it is done.
///
/// It is one sum, from the first byte of the request to the last of the answer: who sends or reads a byte now and then gains
/// nothing by it.
struct ExchangeClock {
    private var left: TimeAmount
    private var since: NIODeadline?

    /// An exchange whose client has so much time.
    init(_ time: TimeAmount) { left = time }

    /// When the client has had its time, unless it does its part before; nil while it is the server's turn.
    var due: NIODeadline? { since.map { $0 + left } }

    /// The client has something to do.
    mutating func clientsTurn(at now: NIODeadline) {
        if since == nil { since = now }
    }

    /// The client has done what there was to do.
    mutating func serversTurn(at now: NIODeadline) {
        guard let begun = since else { return }
        left = left - (now - begun)
        since = nil
    }

    /// From now on the client has no more than this.
    mutating func shorten(to time: TimeAmount, at now: NIODeadline) {
        if let begun = since {
            left = left - (now - begun)
            since = now
        }
        left = min(left, time)
    }
}

import NIOHTTP1
import Webhooks

/// How far the present request of a connection is.
enum RequestState {
    case idle
    /// The head was judged, the body is arriving.
    case receiving(RequestAdmission)
    /// The answer is being found.
    case working
    /// The answer was written, but the client does not read it.
    case flushing
    /// The last answer was written; nothing that arrives counts any more.
    case closing
}

/// What is remembered of the head.
struct RequestHead {
    var number: UInt64 = 0
    var route = RouteKind.none
    var version = HTTPVersion.http1_1
    var isHead = false
    var keepsAlive = false
}

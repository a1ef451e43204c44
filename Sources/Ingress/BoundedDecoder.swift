import Listening
import NIOCore
import NIOHTTP1

/// Makes requests of a connection's bytes, within bounds that NIO's decoder does not have by itself: `RequestCourse` gives it
/// one piece at a time.
///
/// The decoder is called by hand, not from a handler of its own in front of this connection's: each handler unpacks and
/// packs every part of a request anew.
final class BoundedDecoder {
    private let decoder: HTTPRequestDecoder
    private var course: RequestCourse
    /// What the decoder has seen and wants to see again: an unfinished field. `RequestCourse` bounds it.
    private var rest = ByteBuffer()

    init(_ configuration: IngressConfiguration) {
        course = RequestCourse(maxHeadBytes: configuration.maxHeaderBytes)
        var limits = NIOHTTPDecoderLimitConfiguration()
        limits.maxHeaderFieldSize = configuration.maxHeaderBytes
        limits.maxHeaderListSize = configuration.maxHeaderBytes
        limits.maxHeaderFieldCount = configuration.maxHeaderFields
        decoder = HTTPRequestDecoder(leftOverBytesStrategy: .dropBytes, limitConfiguration: limits)
    }

    /// Once, before anything else; `remove` once at the end.
    func add(to context: ChannelHandlerContext) { decoder.decoderAdded(context: context) }
    func remove(from context: ChannelHandlerContext) { decoder.decoderRemoved(context: context) }

    /// Whether it has no part of a request.
    var isAtRest: Bool { course.isAtRest }

    /// Whether the head of the present request is complete and its end is not seen yet.
    var isInBody: Bool { course.isInBody }

    /// It has completed a head. One without an end of its body is answered and is the last.
    func headDecoded(_ framing: RequestCourse.Framing?) { course.headDecoded(framing ?? .length(0)) }

    /// It has completed a request.
    func requestDecoded() { course.requestDecoded() }

    /// What it gets next of `held`; nil when that makes no piece yet.
    func next(_ held: inout ByteBuffer) throws(RequestFault) -> ByteBuffer? { try course.next(&held) }

    /// Sends the parts of a request in `piece` to the next handler, or what is wrong with them: an error is the last that is
    /// decoded, since what follows is not known to be a request.
    func decode(_ piece: ByteBuffer, _ context: ChannelHandlerContext) {
        var bytes = piece
        if rest.readableBytes > 0 {
            bytes = rest
            rest = ByteBuffer()
            bytes.writeImmutableBuffer(piece)
        }
        attempt(context) { _ = try decoder.decode(context: context, buffer: &bytes) }
        guard bytes.readableBytes > 0 else { return }
        bytes.discardReadBytes()
        rest = bytes
    }

    /// Nothing follows: says so if a request is cut off.
    func end(_ context: ChannelHandlerContext) {
        var bytes = rest
        attempt(context) { _ = try decoder.decodeLast(context: context, buffer: &bytes, seenEOF: true) }
    }

    private func attempt(_ context: ChannelHandlerContext, _ work: () throws -> Void) {
        do {
            try work()
        } catch {
            context.fireErrorCaught(error)
        }
    }
}

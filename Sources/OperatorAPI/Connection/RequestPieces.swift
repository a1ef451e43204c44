import HTTPTypes
import Listening
import NIOCore

/// In front of the HTTP library's decoder: gives it bytes as `RequestCourse` cuts them. `ConnectionBounds`, behind the decoder,
/// tells what became of them.
final class RequestPieces: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer

    /// Told of the first byte of each request.
    var onFirstByte: (() -> Void)?

    private var course: RequestCourse
    private var isOver = false

    init(_ limits: OperatorLimits) { course = RequestCourse(maxHeadBytes: limits.maxHeadBytes) }

    /// Whether the request whose head was decoded last is of HTTP/1.0.
    var isHTTP10: Bool { course.isHTTP10 }

    /// Whether nothing of a request has been seen since the last one.
    var isAtRest: Bool { course.isAtRest }

    /// The decoder has completed a head.
    func headDecoded(_ fields: HTTPFields) {
        if fields[.transferEncoding] != nil { return course.headDecoded(.chunked) }
        course.headDecoded(.length(fields[.contentLength].flatMap(FieldValue.length) ?? 0))
    }

    /// The decoder has completed a request.
    func requestDecoded() { course.requestDecoded() }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var bytes = unwrapInboundIn(data)
        while bytes.readableBytes > 0, !isOver {
            if course.isAtRest { onFirstByte?() }
            do throws(RequestFault) {
                if let piece = try course.next(&bytes) { context.fireChannelRead(wrapInboundOut(piece)) }
            } catch {
                isOver = true
                context.fireErrorCaught(error)
            }
        }
    }
}

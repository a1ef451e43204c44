import HTTPTypes
import Listening
import NIOCore
import NIOHTTPTypes

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

    /// What the decoder has made of the pieces. A head of HTTP/1.0 becomes one that says the same in HTTP/1.1.
    func follow(_ part: HTTPRequestPart) -> HTTPRequestPart {
        switch part {
        case .head(var request):
            course.headDecoded(Self.framing(request.headerFields))
            guard course.isHTTP10 else { return part }
            request.headerFields[.expect] = nil
            if !FieldValue.list(request.headerFields[.connection] ?? "", has: "keep-alive") {
                request.headerFields[.connection] = "close"
            }
            return .head(request)
        case .body: return part
        case .end:
            course.requestDecoded()
            return part
        }
    }

    private static func framing(_ fields: HTTPFields) -> RequestCourse.Framing {
        if fields[.transferEncoding] != nil { return .chunked }
        return .length(fields[.contentLength].flatMap(FieldValue.length) ?? 0)
    }

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

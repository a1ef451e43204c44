import NIOCore
import NIOHTTP1

/// Makes requests of a connection's bytes, within bounds that NIO's decoder does not have by itself.
///
/// - A head is complete after `maxHeaderBytes` or never. The decoder counts names and values only, and keeps the blanks in
///   front of a value without bound.
/// - It gets a slice at a time: that bounds how many requests it makes of one read, and so how much they cost.
///
/// The decoder is called by hand, not from a handler of its own in front of this connection's: each handler unpacks and
/// packs every part of a request anew.
final class BoundedDecoder {
    /// Bytes that the decoder gets at a time.
    static let sliceBytes = 4096

    private let decoder: HTTPRequestDecoder
    private let maxHeaderBytes: Int
    /// What the decoder has seen and wants to see again: an unfinished field.
    private var rest = ByteBuffer()
    /// Whether it is in a head, as far as whole slices tell, and what it has had of it.
    private var isInHead = true
    private var headBytes = 0

    init(_ configuration: IngressConfiguration) {
        maxHeaderBytes = configuration.maxHeaderBytes
        var limits = NIOHTTPDecoderLimitConfiguration()
        limits.maxHeaderFieldSize = configuration.maxHeaderBytes
        limits.maxHeaderListSize = configuration.maxHeaderBytes
        limits.maxHeaderFieldCount = configuration.maxHeaderFields
        decoder = HTTPRequestDecoder(leftOverBytesStrategy: .dropBytes, limitConfiguration: limits)
    }

    /// Once, before anything else; `remove` once at the end.
    func add(to context: ChannelHandlerContext) { decoder.decoderAdded(context: context) }
    func remove(from context: ChannelHandlerContext) { decoder.decoderRemoved(context: context) }

    /// How many bytes it takes next.
    var room: Int { isInHead ? min(Self.sliceBytes, maxHeaderBytes - headBytes) : Self.sliceBytes }

    /// Whether it has no part of a request.
    var isAtRest: Bool { isInHead && headBytes == 0 }

    /// It has completed a head.
    func headDecoded() {
        isInHead = false
        headBytes = 0
    }

    /// It has completed a request.
    func requestDecoded() { isInHead = true }

    /// Sends the parts of requests in `slice` to the next handler, or what is wrong with them: an error is the last that is
    /// decoded, since what follows is not known to be a request. `slice` is within `room`.
    func decode(_ slice: ByteBuffer, _ context: ChannelHandlerContext) {
        if isInHead { headBytes += slice.readableBytes }
        var bytes = slice
        if rest.readableBytes > 0 {
            bytes = rest
            rest = ByteBuffer()
            bytes.writeImmutableBuffer(slice)
        }
        attempt(context) {
            _ = try decoder.decode(context: context, buffer: &bytes)
            if isInHead, headBytes >= maxHeaderBytes { throw HTTPParserError.headerOverflow }
            // Unfinished fields are bounded by the above in a head, and by nothing else in trailers.
            if bytes.readableBytes >= maxHeaderBytes { throw HTTPParserError.headerOverflow }
        }
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

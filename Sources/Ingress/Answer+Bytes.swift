import NIOCore
import NIOHTTP1

/// Answers as they go over the wire (RFC 9112 section 4). Every byte of a head is the program's own: nothing a request
/// brought is in it.
extension Answer {
    /// Tells a client to send the body it holds back (RFC 9110 section 15.2.1).
    static let goAhead = ByteBuffer(string: "HTTP/1.1 100 Continue\r\n\r\n")

    /// The status line and the fields, up to the body.
    func head(version: HTTPVersion, closes: Bool) -> ByteBuffer {
        if status == .noContent, !version.isHTTP10, !closes { return Self.noContent }
        var head = "HTTP/1.\(version.minor) \(status.rawValue) \(status.phrase)\r\n"
        func add(_ name: String, _ value: String) { head += "\(name): \(value)\r\n" }
        if let contentType { add("content-type", contentType) }
        // A 204 has none (RFC 9110 section 8.6).
        if status != .noContent { add("content-length", String(body?.readableBytes ?? 0)) }
        if let allow { add("allow", allow) }
        if let retryAfter { add("retry-after", String(retryAfter)) }
        if closes {
            add("connection", "close")
        } else if version.isHTTP10 {
            add("connection", "keep-alive")
        }
        return ByteBuffer(string: head + "\r\n")
    }

    /// What nearly every request is answered with, made once.
    private static let noContent = ByteBuffer(string: "HTTP/1.1 204 No Content\r\n\r\n")
}

extension Answer.Status {
    fileprivate var phrase: String { HTTPResponseStatus(statusCode: rawValue).reasonPhrase }
}

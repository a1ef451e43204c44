/// Where the public listener listens and what it bounds. The defaults are those of contract.md section 1.
package struct IngressConfiguration: Sendable {
    /// Address or host name to listen on.
    package var host: String
    /// Port to listen on; 0 takes a free one.
    package var port: Int
    /// The longest body of a request, in bytes.
    package var maxBodyBytes = 1 << 20
    /// The longest head of a request, in bytes: request line, header section and the empty line.
    package var maxHeaderBytes = 32 << 10
    /// The most header fields of a request, trailer fields included.
    package var maxHeaderFields = 100
    /// From the first byte of a request to the last byte of its answer.
    package var requestDeadline = Duration.seconds(15)
    /// How much longer a write that has begun may take: its answer must be the true one.
    package var outcomeTimeout = Duration.seconds(5)
    /// How long a connection may stay open between two requests.
    package var idleTimeout = Duration.seconds(60)
    /// How long a closed-down connection waits for the client to read its last answer.
    package var lingerTimeout = Duration.seconds(1)
    /// What is left of a request's time when a shutdown begins, at most: a stranger who holds a body back, or does not read an
    /// answer, must not hold up the end until whoever started the process kills it.
    package var drainRequestTimeout = Duration.seconds(5)
    /// How long requests may go on after a shutdown began.
    package var drainTimeout = Duration.seconds(20)
    /// Open connections; when all are taken, the one that waits longest gives way to the next.
    package var maxConnections = 4096
    /// Bodies in memory at once, in bytes, from their announcement to the answer.
    package var maxBodyBytesInFlight = 64 << 20

    /// A listener on `host` and `port` with the documented limits.
    package init(host: String, port: Int) {
        self.host = host
        self.port = port
    }
}

/// The address a listener really has.
package struct IngressAddress: Hashable, Sendable, CustomStringConvertible {
    /// Numeric address.
    package let host: String
    /// Port, never 0.
    package let port: Int

    /// As the authority of a URL.
    package var description: String {
        host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
    }
}

/// Why what a connection brings is no request, as far as its framing goes.
package enum RequestFault: Error, Hashable, Sendable {
    /// The request line names another protocol or version than HTTP/1.0 and HTTP/1.1.
    case notHTTP
    /// A head, or the trailers, have more bytes than may be.
    case headTooLarge
    /// A body's chunks have more extensions and leading zeros than anybody needs.
    case chunkWaste
    /// The decoder sees the end of a head or a request where there is none, or not where one is.
    case disagreement
}

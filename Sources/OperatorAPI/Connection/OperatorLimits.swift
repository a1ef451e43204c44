import Installations
import NIOCore

/// What one client may cost a listener of the operator API. The HTTP library bounds none of it by itself.
struct OperatorLimits: Sendable {
    /// From a request's first byte to the last of its body.
    var requestDeadline = TimeAmount.seconds(15)
    /// What a client may take of the time of one exchange, from the first byte of the request to the last of the answer. The
    /// server's own time does not count: workers wait for events, and a long audit log is verified in one request.
    var exchangeTime = TimeAmount.seconds(30)
    /// The same for each part of a backup: a whole store takes long, and what it is piped into may stop for a while. Its copy
    /// takes room as long.
    var partTime = TimeAmount.minutes(5)
    /// What is left of either when the server is about to end.
    var drainTime = TimeAmount.seconds(5)
    /// What the kernel may keep of an answer, in bytes, and as much again for its own bookkeeping.
    var sendBuffer: Int32 = 256 << 10
    /// How long one write may wait for the store, and how much longer its outcome may take.
    var writeTimes = WriteTicket.Times(patience: .seconds(15), outcome: .seconds(5))
    /// How long a connection may stay open between two requests.
    var idleTimeout = TimeAmount.seconds(60)
    /// How long a connection that was ended waits for its client to read the last answer.
    var lingerTimeout = TimeAmount.seconds(1)
    /// The longest head of a request, in bytes: request line, header section and the empty line.
    var maxHeadBytes = 32 << 10
    /// The longest body a request may announce. Most routes take far less and say so when they read it.
    var maxBodyBytes = WebhookCheckRoutes.maxBodyBytes
    /// What is kept of requests that a client sends before it got the answer to the one before.
    var maxHeldBytes = 128 << 10
    /// What a client may go on sending after the last answer.
    var maxPassedBytes = 4 << 20
    /// What the bodies of webhooks to be checked may take of the memory together; other bodies are short. Reading one as
    /// JSON takes its length again, a few times.
    var maxBodyBytesInFlight = 16 << 20
}

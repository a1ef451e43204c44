import Hummingbird
import Installations

/// Gives each request a ticket for what it writes: a write that waits longer than its time is withdrawn, and then the answer is
/// 503; one that has begun and does not end closes the connection without an answer. Reading, and waiting for events, may take
/// as long as they take.
struct WriteTimesMiddleware: RouterMiddleware {
    let times: WriteTicket.Times

    func handle(
        _ request: Request, context: OperatorContext,
        next: (Request, OperatorContext) async throws -> Response
    ) async throws -> Response {
        try await WriteTicket.$current.withValue(WriteTicket(times: times)) { try await next(request, context) }
    }
}

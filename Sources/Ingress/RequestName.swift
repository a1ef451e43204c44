/// Names a request in the log: lines of one request, and of one connection, can be told from others'. Three numbers, so
/// that a request costs nothing for it until a line is written. No answer carries it: answers to refusals are alike to the
/// byte.
struct RequestName: Sendable {
    /// Tells one run of the process from the next.
    let run: UInt32
    /// Connections are numbered from 1.
    let connection: UInt64
    /// Requests of a connection are numbered from 1.
    let request: UInt64

    /// As the log has it.
    var text: String {
        "\(String(run, radix: 16))-\(connection)-\(request)"
    }
}

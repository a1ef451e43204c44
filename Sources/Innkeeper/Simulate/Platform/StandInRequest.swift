/// One POST of the stand-in platform.
struct StandInRequest: Sendable {
    /// The path below the server's address, in normal form.
    var path: String
    /// Beside `Content-Type`.
    var headers: [(name: String, value: String)]
    /// The body's exact bytes.
    var body: [UInt8]

    /// The header of lifecycle calls (protocol.md section 1.5).
    static let lifecycleToken = "X-Addon-Lifecycle-Token"
    /// The header with a webhook's token (protocol.md section 1.4).
    static let signature = "clockify-signature"
    /// The header with a webhook's event name.
    static let eventType = "clockify-webhook-event-type"
}

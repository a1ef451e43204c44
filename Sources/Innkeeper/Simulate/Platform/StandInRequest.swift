import Marketplace

/// One POST of the stand-in platform.
struct StandInRequest: Sendable {
    /// The path below the server's address, in normal form.
    var path: String
    /// Beside `Content-Type`.
    var headers: [(name: String, value: String)]
    /// The body's exact bytes.
    var body: [UInt8]

    /// The header of lifecycle calls.
    static let lifecycleToken = KnownPlatform.clockify.lifecycleTokenField.text
    /// The header with a webhook's token.
    static let signature = KnownPlatform.clockify.signatureField.text
    /// The header with a webhook's event name.
    static let eventType = KnownPlatform.clockify.eventTypeField.text
}

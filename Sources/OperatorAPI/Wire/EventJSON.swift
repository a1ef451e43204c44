/// One inbox event on the wire, without its body.
package struct EventJSON: Codable, Sendable {
    package var id: String
    package var type: String
    package var state: String
    package var addonKey: String
    package var workspaceId: String
    package var addonId: String
    package var receivedAt: String
    package var attempts: Int
}

/// A page of events.
package struct EventPageJSON: Codable, Sendable {
    package var events: [EventJSON]
    @Nullable package var nextCursor: String?
}

/// A webhook to be judged: what its receiver got from the platform.
package struct WebhookCheckJSON: RequestJSON {
    enum CodingKeys: CodingKey, CaseIterable { case signature, event, path, body }

    /// The value of `clockify-signature`: a secret.
    package var signature: String
    /// The value of `clockify-webhook-event-type`.
    package var event: String
    /// The path it was sent to, or the whole URL.
    package var path: String
    /// The exact text of its body.
    package var body: String
}

/// What was found. A webhook that is not genuine has nothing but that said of it.
package struct WebhookVerdictJSON: Codable, Sendable {
    package var genuine: Bool
    package var addonKey: String?
    package var workspaceId: String?
    package var addonId: String?
    package var status: String?
    package var event: String?
}

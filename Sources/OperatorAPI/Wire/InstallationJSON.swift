/// One installation on the wire (contract.md section 3). No token, ciphertext or key is ever in it.
package struct InstallationJSON: Codable, Sendable {
    package var addonKey: String
    package var workspaceId: String
    package var addonId: String
    package var status: String
    package var apiUrl: String
    package var addonUserId: String
    package var asUser: String
    @Nullable package var installedAt: String?
    package var updatedAt: String
    @Nullable package var endedAt: String?
    @Nullable package var storageKey: String?
    package var webhooks: [WebhookJSON]
    /// Webhooks since its last INSTALLED that the platform signed and that had none of its tokens. An older server does not say.
    package var refusedSinceInstall: Int64?
    /// True when what the row decides was changed without the deployment's key: it counts for nothing. Otherwise not there.
    package var forged: Bool?

    /// A path that has a token, and the events the manifest declares for it.
    package struct WebhookJSON: Codable, Sendable {
        package var path: String
        package var events: [String]
    }
}

/// A page of installations.
package struct InstallationPageJSON: Codable, Sendable {
    package var installations: [InstallationJSON]
    @Nullable package var nextCursor: String?
}

/// The answer to a token reading.
package struct TokenJSON: Codable, Sendable {
    package var token: String
    package var apiUrl: String
    package var status: String
}

/// The body of a token reading or of `forget`.
package struct ReasonJSON: RequestJSON {
    enum CodingKeys: CodingKey, CaseIterable { case reason }

    package var reason: String?

    /// A stated reason, if any.
    package init(reason: String?) { self.reason = reason }
}

/// The answer to `forget`.
package struct ForgottenJSON: Codable, Sendable {
    package var outcome: String
}

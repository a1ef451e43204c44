/// The body of INSTALLED: the only time the platform gives the tokens (protocol.md section 3.2).
package struct InstalledPayload: Sendable {
    /// More webhooks than this are refused.
    package static let maximumWebhooks = 256

    /// One webhook of the installation. Its event is not part of it: the manifest tells.
    package struct Webhook: Sendable {
        /// The path as the platform wrote it; `Manifest.webhookPath(matching:)` finds the manifest's.
        package let path: String
        /// What the requests of this webhook will carry.
        package let authToken: TokenText
    }

    /// The installation.
    package let addonID: AddonID
    /// The tenant.
    package let workspaceID: WorkspaceID
    /// The platform API token.
    package let authToken: TokenText
    /// On whose behalf it was installed.
    package let asUser: String?
    /// The add-on's own user in the workspace.
    package let addonUserID: String?
    /// The API base URL as the body says; the signature does not cover it.
    package let apiURL: String?
    /// The webhooks; empty when the body has none.
    package let webhooks: [Webhook]

    /// Reads the body of a call.
    package init(_ reader: PayloadReader) throws(PayloadError) {
        addonID = try reader.id(.addonId)
        workspaceID = try reader.id(.workspaceId)
        authToken = try reader.token(.authToken)
        asUser = reader.kept(.asUser)
        addonUserID = reader.kept(.addonUserId)
        apiURL = reader.kept(.apiUrl, atMost: PayloadReader.maximumURL)
        webhooks = try reader.entries(.webhooks, atMost: Self.maximumWebhooks).map { entry throws(PayloadError) in
            Webhook(path: try entry.text(.path), authToken: try entry.token(.authToken))
        }
    }
}

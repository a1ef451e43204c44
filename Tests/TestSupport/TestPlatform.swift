package import Installations
package import Marketplace
import Sealing

/// A platform of its own for one test: keys, an add-on with a manifest, and everything the platform would sign.
package struct TestPlatform: Sendable {
    /// The stand-in that signs; RSA key generation is slow, so all tests share two.
    package let signer: StandInPlatform
    /// The add-on.
    package let manifest: Manifest

    private static let shared = Result { try StandInPlatform() }
    private static let other = Result { try StandInPlatform() }

    /// The platform whose keys are trusted.
    package init(manifest: String = Self.manifest) throws {
        signer = try Self.shared.get()
        self.manifest = try Manifest(Array(manifest.utf8))
    }

    /// Somebody else with an RSA key.
    package static func stranger() throws -> StandInPlatform { try other.get() }

    /// A verifier that trusts this platform.
    package func verifier(refuseUserClaims: Bool = true) throws -> TokenVerifier {
        TokenVerifier(keys: try TrustedKeys(pem: try signer.publicPEM()), refuseUserClaims: refuseUserClaims)
    }

    /// The installation of the add-on in a workspace.
    package func id(_ workspace: String = "ws1", _ addon: String = "inst1") throws -> InstallationID {
        guard let workspaceID = WorkspaceID(workspace), let addonID = AddonID(addon) else { throw BadID() }
        return InstallationID(addonKey: manifest.key, workspaceID: workspaceID, addonID: addonID)
    }

    /// A token with the five claims every kind has, and more if wanted. `salt` makes tokens differ that the platform
    /// would make the same.
    package func token(
        _ id: InstallationID, more: [(String, JSONValue)] = [], salt: String? = nil, by signer: StandInPlatform? = nil
    ) throws -> String {
        var claims: [(String, JSONValue)] = [
            ("iss", .string("clockify")), ("type", .string("addon")), ("sub", .string(id.addonKey.text)),
            ("workspaceId", .string(id.workspaceID.text)), ("addonId", .string(id.addonID.text)),
        ]
        if let salt { claims.append(("salt", .string(salt))) }
        return try (signer ?? self.signer).sign(claims: claims + more)
    }

    /// The body of INSTALLED with one token per path of the manifest, each different.
    package func installedBody(_ id: InstallationID, tokens salt: String = "first") throws -> [UInt8] {
        let webhooks = try Set(manifest.webhooks.map(\.path)).sorted().map { path in
            #"{"path":"/\#(path.text)","webhookType":"ADDON","authToken":"\#(try token(id, salt: salt + path.text))"}"#
        }
        let installation = try installationToken(id, tokens: salt)
        let body = """
            {"addonId":"\(id.addonID.text)","workspaceId":"\(id.workspaceID.text)","authToken":"\(installation)",\
            "asUser":"user1","addonUserId":"addonuser1","apiUrl":"https://api.clockify.me/api","unknown":[1],\
            "webhooks":[\(webhooks.joined(separator: ","))]}
            """
        return Array(body.utf8)
    }

    /// The installation token that `installedBody` gives.
    package func installationToken(_ id: InstallationID, tokens salt: String = "first") throws -> String {
        try token(id, more: [("backendUrl", .string("https://api.clockify.me/api"))], salt: salt + "installation")
    }

    /// The webhook token that `installedBody` gives for a path.
    package func webhookToken(_ id: InstallationID, _ path: String, tokens salt: String = "first") throws -> String {
        try token(id, salt: salt + path)
    }

    /// A lifecycle call that needs no body of its own.
    package func call(
        _ id: InstallationID, _ change: LifecycleChange, at: Timestamp, actor: Actor = .platform,
        token: PresentedToken? = nil
    ) -> LifecycleCall {
        LifecycleCall(id: id, change: change, payload: Array("{}".utf8), receivedAt: at, actor: actor, token: token)
    }

    /// What INSTALLED asks for, with one token per path.
    package func install(_ id: InstallationID, tokens salt: String = "first") throws -> LifecycleChange {
        .installed(
            InstallRequest(
                token: SecretBytes(utf8: try token(id, salt: salt + "installation")),
                apiURL: "https://api.clockify.me/api", addonUserID: "addonuser1", asUser: "user1",
                webhooks: try Set(manifest.webhooks.map(\.path)).sorted().map { path in
                    WebhookGrant(
                        path: path, wirePath: "/" + path.text,
                        token: SecretBytes(utf8: try token(id, salt: salt + path.text)))
                }))
    }

    /// What INSTALLED asks for with the installation token `installation` and so many webhook tokens, `webhook 0` and on, two
    /// at each path.
    package func install(tokensInPairs count: Int) throws -> LifecycleChange {
        .installed(
            InstallRequest(
                token: SecretBytes(utf8: "installation"), apiURL: "", addonUserID: "", asUser: "",
                webhooks: try (0..<count).map { number in
                    guard let path = RoutePath.normalise("/webhooks/\(number / 2)") else { throw BadID() }
                    return WebhookGrant(path: path, wirePath: "/x", token: SecretBytes(utf8: "webhook \(number)"))
                }))
    }

    private struct BadID: Error {}

    /// An add-on with two webhook paths and all four lifecycle routes.
    package static let manifest = """
        {"schemaVersion":"1.5","key":"test-addon","name":"Test","baseUrl":"https://addon.example.com",
         "lifecycle":[{"path":"/lifecycle/installed","type":"INSTALLED"},{"path":"/lifecycle/deleted","type":"DELETED"},
          {"path":"/lifecycle/status","type":"STATUS_CHANGED"},{"path":"/lifecycle/settings","type":"SETTINGS_UPDATED"}],
         "webhooks":[{"event":"NEW_TIME_ENTRY","path":"/webhooks/time"},{"event":"TIME_ENTRY_UPDATED","path":"/webhooks/time"},
          {"event":"NEW_PROJECT","path":"/webhooks/project"}]}
        """
}

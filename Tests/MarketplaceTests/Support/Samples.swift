import Marketplace
import Testing

/// One platform, one add-on, one installation, one moment: what most tests speak about.
struct Samples {
    let platform: StandInPlatform
    let verifier: TokenVerifier
    let key: AddonKey
    let workspace: WorkspaceID
    let addon: AddonID
    let now: Int64 = 1_790_000_000

    init() throws {
        platform = try Self.shared.get()
        verifier = TokenVerifier(keys: try TrustedKeys(pem: try platform.publicPEM()))
        key = try #require(AddonKey("time-tracker"))
        workspace = try #require(WorkspaceID("60332d61ff30282b1f23e624"))
        addon = try #require(AddonID("62ddf9b201f42e74228efa3c"))
    }

    func token(_ kind: TokenKind) throws -> String {
        try platform.token(kind, for: key, workspace: workspace, addon: addon, now: now)
    }

    /// The claims of a webhook token with one of them changed, added (new name) or left out (nil).
    func claims(_ name: String, _ value: JSONValue?) -> [(String, JSONValue)] {
        var claims: [(String, JSONValue)] = [
            ("iss", .string("clockify")), ("sub", .string(key.text)), ("type", .string("addon")),
            ("workspaceId", .string(workspace.text)), ("addonId", .string(addon.text)),
        ]
        claims.removeAll { $0.0 == name }
        if let value { claims.append((name, value)) }
        return claims
    }

    /// Why the verifier refuses a genuine token with one claim changed; nil when it accepts it.
    func refusal(_ name: String, _ value: JSONValue?) throws -> TokenRefusal? {
        refusal(of: try platform.sign(claims: claims(name, value)))
    }

    /// Why the verifier refuses a token; nil when it accepts it.
    func refusal(of token: String) -> TokenRefusal? {
        do throws(TokenRefusal) {
            _ = try verifier.lifecycle(token, for: key, now: now)
            return nil
        } catch {
            return error
        }
    }

    /// Why the verifier refuses a genuine token with this header; nil when it accepts it.
    func refusal(header: String) throws -> TokenRefusal? {
        let payload = JSONValue.object(JSONObject(claims("", nil).map { (name: $0.0, value: $0.1) })).utf8
        return refusal(of: try platform.sign(header: Array(header.utf8), payload: payload))
    }

    // A key takes a tenth of a second to make, so all tests share one.
    private static let shared = Result { try StandInPlatform() }
}

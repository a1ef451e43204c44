import Marketplace
import Sealing
import Testing

@testable import Installations

@Suite struct AuthorityClaimTests {
    /// Stores in the field hold MACs over exactly these parts.
    @Test func `a key for all add-ons and for good says what it said before there were others`() {
        let claim = AuthorityClaim.apiKey(
            "0b6308ae", APIKeyGrant(scopes: [.tokens, .read]), hash: [1, 255], isRevoked: false)
        #expect(claim.parts == ["read tokens", "1 ff", ""])
        let all = AuthorityClaim.apiKey(
            "0b6308ae", APIKeyGrant(scopes: [.read]), hash: Array(0...255), isRevoked: false)
        #expect(all.parts[1] == (0...255).map { String($0, radix: 16) }.joined(separator: " "))
    }

    @Test func `a key that is bound or ends says so`() throws {
        let addons = Set(["b", "a"].compactMap { AddonKey($0 + "-addon") })
        func parts(_ addons: Set<AddonKey>?, _ end: Int64?) -> [String] {
            let end = end.map { Timestamp(milliseconds: $0) }
            return Array(
                AuthorityClaim.apiKey(
                    "0b6308ae", APIKeyGrant(scopes: [.read], addons: addons, expiresAt: end), hash: [], isRevoked: true
                ).parts.dropFirst(3))
        }
        #expect(parts(addons, nil) == ["a-addon\nb-addon", ""])
        #expect(parts(nil, 7) == ["", "7"])
    }

    @Test func `an installation says which tokens it was given, once that is kept`() throws {
        let id = InstallationID(
            addonKey: try #require(AddonKey("test-addon")), workspaceID: try #require(WorkspaceID("ws")),
            addonID: try #require(AddonID("addon")))
        func parts(_ handedOut: Digest?) -> [String] {
            AuthorityClaim.installation(
                id, number: 1, status: .active, apiURL: "https://a", tokenSet: 2, issuedAt: nil, handedOut: handedOut
            ).parts
        }
        let older = ["test-addon", "ws", "addon", "ACTIVE", "https://a", "2", ""]
        #expect(parts(nil) == older)
        let summary = Array(repeating: UInt8(171), count: 32)
        #expect(parts(Digest(bytes: summary)) == older + [Array(repeating: "ab", count: 32).joined(separator: " ")])
    }

    @Test(arguments: ["deployment", "installation:7", "api-key:0b6308ae", "storage-key:0123456789abcdef", "rotation:2"])
    func `a subject is read from what it says in the log`(text: String) {
        #expect(AuthoritySubject(text: text)?.text == text)
    }

    @Test(arguments: ["", "deployment:1", "installation", "installation:", "installation:x", "storage-key:1", "key:1"])
    func `what names no subject is none`(text: String) {
        #expect(AuthoritySubject(text: text) == nil)
    }
}

import Marketplace
import Testing

@testable import Installations

@Suite struct AuthorityClaimTests {
    /// Stores in the field hold MACs over exactly these parts.
    @Test func `a key for all add-ons and for good says what it said before there were others`() {
        let claim = AuthorityClaim.apiKey(
            "0b6308ae", APIKeyGrant(scopes: [.tokens, .read]), hash: [1, 255], isRevoked: false)
        #expect(claim.parts == ["read tokens", "1 ff", ""])
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
}

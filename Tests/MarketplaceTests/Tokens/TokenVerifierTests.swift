import Marketplace
import Testing

@Suite struct TokenVerifierTests {
    @Test func `genuine tokens of the three kinds are proven`() throws {
        let samples = try Samples()
        let lifecycle = try samples.verifier.lifecycle(
            try samples.token(.lifecycle), for: samples.key, now: samples.now)
        let installation = try samples.verifier.installation(
            try samples.token(.installation), for: samples.key, now: samples.now)
        let webhook = try samples.verifier.webhook(try samples.token(.webhook), for: samples.key, now: samples.now)
        #expect(lifecycle.claims.addonID == samples.addon)
        #expect(installation.claims.addonID == samples.addon)
        #expect(webhook.claims.addonID == samples.addon)
    }

    @Test func `a token of another platform is refused in every place`() throws {
        let samples = try Samples()
        let verifier = TokenVerifier(keys: KnownPlatform.clockify.builtInKeys)
        let token = try samples.token(.webhook)
        #expect(throws: TokenRefusal.signature) { try verifier.lifecycle(token, for: samples.key, now: samples.now) }
        #expect(throws: TokenRefusal.signature) { try verifier.installation(token, for: samples.key, now: samples.now) }
        #expect(throws: TokenRefusal.signature) { try verifier.webhook(token, for: samples.key, now: samples.now) }
    }

    @Test func `a token whose claims were exchanged is refused`() throws {
        let samples = try Samples()
        let parts = try samples.token(.webhook).split(separator: ".")
        let other = JSONObject(samples.claims("workspaceId", .string("another")).map { (name: $0.0, value: $0.1) })
        let forged = "\(parts[0]).\(Base64URL.encode(JSONValue.object(other).utf8)).\(parts[2])"
        #expect(samples.refusal(of: forged) == .signature)
    }

    @Test func `a user token is refused in every place`() throws {
        let samples = try Samples()
        let token = try TokenReader.read(try samples.token(.user), for: samples.key, now: samples.now)
        #expect(throws: TokenRefusal.userClaims) { try samples.verifier.lifecycle(token) }
        #expect(throws: TokenRefusal.userClaims) { try samples.verifier.installation(token) }
        #expect(throws: TokenRefusal.userClaims) { try samples.verifier.webhook(token) }
    }

    @Test(arguments: ["workspaceRole", "language", "theme"])
    func `each user claim alone is enough, whatever its value`(name: String) throws {
        #expect(try Samples().refusal(name, .null) == .userClaims)
    }

    @Test func `the rule against user claims can be switched off`() throws {
        let samples = try Samples()
        let verifier = TokenVerifier(keys: samples.verifier.keys, refuseUserClaims: false)
        _ = try verifier.lifecycle(try samples.token(.user), for: samples.key, now: samples.now)
    }

    @Test func `the claims of the owner are no user claims`() throws {
        #expect(try Samples().refusal("user", .string("60348d63df70d82b7183e635")) == nil)
    }

    @Test func `refusals make metric labels`() {
        for refusal in TokenRefusal.allCases {
            #expect(refusal.rawValue.allSatisfy { $0.isLowercase || $0.isNumber || $0 == "_" })
        }
    }
}

import Marketplace
import Testing

@Suite struct StandInPlatformTests {
    @Test func `a platform comes back from its private key`() throws {
        let samples = try Samples()
        let pem = try samples.platform.privatePEM()
        #expect(pem.hasPrefix("# Stand-in platform of Innkeeper, for development. Not Clockify's key.\n-----BEGIN"))
        let again = try StandInPlatform(privatePEM: pem)
        #expect(try again.publicPEM() == samples.platform.publicPEM())
        #expect(try again.sign(claims: []) == samples.platform.sign(claims: []))
    }

    @Test func `what is not one private key is refused`() throws {
        let samples = try Samples()
        let pem = try samples.platform.privatePEM()
        for bad in ["", "x", try samples.platform.publicPEM(), pem + pem, pem.replacing("M", with: "N")] {
            #expect(throws: StandInPlatform.Failure.badKey) { try StandInPlatform(privatePEM: bad) }
        }
    }

    @Test(arguments: TokenKind.allCases)
    func `a token of each kind has the claims of its kind`(kind: TokenKind) throws {
        let samples = try Samples()
        let token = try samples.token(kind)
        let names = Set(TokenReader.claimNames(token))
        #expect(names.isSuperset(of: ["iss", "sub", "type", "workspaceId", "addonId"]))
        #expect(names.contains("workspaceRole") == (kind == .user))
        #expect(names.contains("exp") == (kind != .webhook))
        #expect(samples.refusal(of: token) == (kind == .user ? .userClaims : nil))
    }

    @Test func `all webhook tokens of one installation are byte-identical, as the platform's are`() throws {
        let samples = try Samples()
        #expect(try samples.token(.webhook) == samples.token(.webhook))
    }

    @Test func `nobody trusts the stand-in by default`() throws {
        let samples = try Samples()
        let verifier = TokenVerifier(keys: KnownPlatform.clockify.builtInKeys)
        #expect(throws: TokenRefusal.signature) {
            try verifier.webhook(try samples.token(.webhook), for: samples.key, now: samples.now)
        }
    }
}

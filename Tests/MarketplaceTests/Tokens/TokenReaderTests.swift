import Marketplace
import Testing

@Suite struct TokenReaderTests {
    @Test func `the claims are read`() throws {
        let samples = try Samples()
        let token = try TokenReader.read(try samples.token(.installation), for: samples.key, now: samples.now)
        #expect(token.claims.addonKey == samples.key)
        #expect(token.claims.workspaceID == samples.workspace)
        #expect(token.claims.addonID == samples.addon)
        #expect(token.claims.backendURL == "https://api.clockify.me/api")
    }

    @Test(
        arguments: [
            ("iss", .string("Clockify"), .issuer), ("iss", nil, .issuer),
            ("iss", .array([.string("clockify")]), .issuer),
            ("type", .string("user"), .type), ("type", nil, .type), ("type", .null, .type),
            ("sub", .string("time-tracker2"), .subject), ("sub", .string("Time-tracker"), .subject),
            ("sub", nil, .subject),
            ("workspaceId", nil, .missingID), ("addonId", nil, .missingID), ("workspaceId", .string(""), .badID),
            ("addonId", .string("a/b"), .badID), ("workspaceId", .number("1"), .badID), ("addonId", .null, .badID),
        ] as [(String, JSONValue?, TokenRefusal)])
    func `a claim that is absent or wrong is refused`(name: String, value: JSONValue?, refusal: TokenRefusal) throws {
        #expect(try Samples().refusal(name, value) == refusal)
    }

    @Test func `a subject that only looks like the key is refused`() throws {
        let samples = try Samples()
        let key = try #require(AddonKey("Key"))
        let token = try samples.platform.sign(claims: samples.claims("sub", .string("\u{212A}ey")))
        #expect(throws: TokenRefusal.subject) { try TokenReader.read(token, for: key, now: 0) }
    }

    @Test func `an expired token is refused after the skew, in fractions too`() throws {
        let samples = try Samples()
        #expect(try samples.refusal("exp", .number(String(samples.now - 60))) == .expired)
        #expect(try samples.refusal("exp", .number("\(samples.now - 61).999")) == .expired)
        #expect(try samples.refusal("exp", .number("\(samples.now - 60).5")) == nil)
        #expect(try samples.refusal("exp", .number("-1e300")) == .expired)
    }

    @Test func `a token of the future is refused before the skew`() throws {
        let samples = try Samples()
        #expect(try samples.refusal("nbf", .number(String(samples.now + 61))) == .notYetValid)
        #expect(try samples.refusal("nbf", .number(String(samples.now + 60))) == nil)
        #expect(try samples.refusal("nbf", .number("1e300")) == .notYetValid)
    }

    @Test(arguments: [.string("4939751754"), .null, .bool(true), .number("1e400"), .number("-1e400")] as [JSONValue])
    func `a time that is not a finite number is refused`(value: JSONValue) throws {
        #expect(try Samples().refusal("exp", value) == .badTime)
        #expect(try Samples().refusal("nbf", value) == .badTime)
    }

    @Test func `huge times and clocks are no crash`() throws {
        let samples = try Samples()
        #expect(try samples.refusal("exp", .number("9" + String(repeating: "0", count: 300))) == nil)
        let token = try samples.token(.lifecycle)
        #expect(throws: TokenRefusal.expired) { try TokenReader.read(token, for: samples.key, now: .max) }
        _ = try TokenReader.read(token, for: samples.key, now: .min)
    }

    @Test func `claims with a duplicate name are refused`() throws {
        let samples = try Samples()
        let twice = samples.claims("", nil) + [("workspaceId", .string("another"))]
        #expect(samples.refusal(of: try samples.platform.sign(claims: twice)) == .duplicateName)
    }

    @Test func `a token that was only read cannot be printed`() throws {
        let samples = try Samples()
        let token = try samples.token(.webhook)
        let read = try TokenReader.read(token, for: samples.key, now: samples.now)
        var dumped = ""
        dump(read, to: &dumped)
        let secret = String(token.suffix(40))
        #expect(!"\(read)".contains(secret) && !String(reflecting: read).contains(secret) && !dumped.contains(secret))
    }

    @Test func `claim names are bounded, printable and without values`() throws {
        let samples = try Samples()
        let many = (0..<50).map { ("n\($0)", JSONValue.string("secret")) }
        let strange: [(String, JSONValue)] = [(String(repeating: "x", count: 100), .null), ("a\n\u{1B}é", .null)]
        let names = TokenReader.claimNames(try samples.platform.sign(claims: strange + many))
        #expect(names.count == 32)
        #expect(names[0] == String(repeating: "x", count: 64))
        #expect(names[1] == "a???")
        #expect(TokenReader.claimNames("not a token").isEmpty)
    }
}

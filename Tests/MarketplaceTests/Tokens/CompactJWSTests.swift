import Testing

@testable import Marketplace

@Suite struct CompactJWSTests {
    @Test func `a token longer than 8 KiB is refused`() throws {
        let samples = try Samples()
        func token(_ padding: Int) throws -> String {
            try samples.platform.sign(claims: samples.claims("pad", .string(String(repeating: "x", count: padding))))
        }
        let long = try token(8192)
        #expect(samples.refusal(of: long) == .tooLong)
        #expect(samples.refusal(of: try token(5000)) == nil)
    }

    @Test(arguments: ["", "a", "a.b", "a.b.c.d", "...", "eyJhbGciOiJSUzI1NiJ9.e30"])
    func `a token of other than three parts is refused`(text: String) throws {
        #expect(try Samples().refusal(of: text) == .notThreeParts)
    }

    @Test func `a part with padding is refused`() throws {
        let samples = try Samples()
        #expect(samples.refusal(of: try samples.token(.webhook) + "=") == .notBase64URL)
    }

    @Test(arguments: ["none", "None", "HS256", "RS384", "RS512", "PS256", "ES256", "rs256", "RS256 ", "RS256\\u0000"])
    func `an algorithm other than RS256 is refused`(algorithm: String) throws {
        #expect(try Samples().refusal(header: #"{"alg":"\#(algorithm)"}"#) == .algorithm)
    }

    @Test(arguments: [#"{}"#, #"{"alg":null}"#, #"{"alg":["RS256"]}"#, #"{"Alg":"RS256"}"#])
    func `a header without the algorithm is refused`(header: String) throws {
        #expect(try Samples().refusal(header: header) == .algorithm)
    }

    @Test(arguments: ["crit", "b64", "zip", "jwk", "jku", "x5u", "x5c", "x5t", "x5t#S256", "x5", "\\u006awk"])
    func `a header member that changes the reading or brings a key is refused`(name: String) throws {
        #expect(try Samples().refusal(header: #"{"alg":"RS256","\#(name)":"x"}"#) == .forbiddenHeader)
    }

    @Test func `kid and typ are ignored`() throws {
        let samples = try Samples()
        #expect(try samples.refusal(header: #"{"alg":"RS256","kid":"../../etc/passwd","typ":"anything"}"#) == nil)
        #expect(try samples.refusal(header: #" { "alg" : "RS256" } "#) == nil)
    }

    @Test func `a header with a duplicate name is refused`() throws {
        let samples = try Samples()
        #expect(try samples.refusal(header: #"{"alg":"RS256","alg":"RS256"}"#) == .duplicateName)
        #expect(try samples.refusal(header: #"{"alg":"none","\u0061lg":"RS256"}"#) == .duplicateName)
    }

    @Test(arguments: ["", "[]", "null", #""RS256""#, #"{"alg":"RS256",}"#, "\u{FEFF}{\"alg\":\"RS256\"}"])
    func `a header that is not a strict JSON object is refused`(header: String) throws {
        #expect(try Samples().refusal(header: header) == .notJSON)
    }
}

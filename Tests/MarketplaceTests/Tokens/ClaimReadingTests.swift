import Marketplace
import Testing

/// Claims are picked out of the payload's bytes; what counts is what they mean.
@Suite struct ClaimReadingTests {
    private func refusal(_ payload: String, for key: String = "time-tracker") throws -> TokenRefusal? {
        let token = try Samples().platform.sign(header: Array(#"{"alg":"RS256"}"#.utf8), payload: Array(payload.utf8))
        let key = try #require(AddonKey(key))
        do throws(TokenRefusal) {
            _ = try TokenReader.read(token, for: key, now: 0)
            return nil
        } catch {
            return error
        }
    }

    private func payload(
        sub: String = "time-tracker", workspace: String = "w", more: String = ""
    ) -> String {
        #"{"iss":"clockify","type":"addon","sub":"\#(sub)","workspaceId":"\#(workspace)","addonId":"a"\#(more)}"#
    }

    @Test func `names and values count however they are escaped`() throws {
        #expect(
            try refusal(
                #"{"\u0069ss":"cl\u006Fckify","t\u0079pe":"\u0061ddon","sub":"time-tracke\u0072","workspac\u0065Id":"\u0077","addonId":"a"}"#
            ) == nil)
        #expect(try refusal(payload(more: #","\u0065xp":0"#), for: "time-tracker") == nil)
        #expect(try refusal(payload(more: #","\u0065xp":-61"#)) == .expired)
        #expect(try refusal(payload(more: #","\u006ebf":61"#)) == .notYetValid)
    }

    @Test func `a value whose source is the key means something else`() throws {
        #expect(try refusal(payload(sub: #"a\nb"#), for: #"a\nb"#) == .subject)
        #expect(try refusal(payload(sub: #"a\\nb"#), for: #"a\nb"#) == nil)
    }

    @Test func `an id with an escape is judged by what it means`() throws {
        #expect(try refusal(payload(workspace: #"w\u002f"#)) == .badID)
        #expect(try refusal(payload(workspace: #"w\u0000"#)) == .badID)
    }

    @Test func `user claims of any value are noticed, escaped too`() throws {
        let samples = try Samples()
        for claim in [#""theme":null"#, #""langu\u0061ge":{}"#, #""workspaceRole":[1]"#] {
            let token = try samples.platform.sign(
                header: Array(#"{"alg":"RS256"}"#.utf8), payload: Array(payload(more: "," + claim).utf8))
            #expect(samples.refusal(of: token) == .userClaims)
        }
    }

    @Test func `claims of objects inside do not count`() throws {
        #expect(try refusal(payload(more: #","x":{"iss":"other","exp":-100,"theme":1},"y":[{"nbf":100}]"#)) == nil)
    }

    @Test func `what is wrong with the JSON comes before what is wrong with a claim`() throws {
        let bad = #"{"iss":"other","x":[{"a":1,"a":2}]"#
        #expect(try refusal(bad + "}") == .duplicateName)
        #expect(try refusal(bad) == .duplicateName)
        #expect(try refusal(#"{"iss":"other","#) == .notJSON)
        #expect(try refusal(#"{"iss":"other"} x"#) == .notJSON)
        #expect(try refusal(#"{"iss":"other"}"#) == .issuer)
        #expect(try refusal(#"[{"a":1,"a":2}]"#) == .duplicateName)
        #expect(try refusal(#"[{"a":1}]"#) == .notJSON)
        let deep = String(repeating: "[", count: 127) + String(repeating: "]", count: 127)
        #expect(try refusal(#"{"x":\#(deep),"iss":"other"}"#) == .issuer)
        #expect(try refusal(#"{"x":[\#(deep)],"iss":"other"}"#) == .issuer)
        #expect(try refusal(#"{"x":[[\#(deep)]],"iss":"other"}"#) == .notJSON)
    }

    @Test(arguments: ["true", "null", "[1]", "{}", #""1""#])
    func `a time that is no number is refused`(value: String) throws {
        #expect(try refusal(payload(more: #","exp":\#(value)"#)) == .badTime)
        #expect(try refusal(payload(more: #","nbf":\#(value)"#)) == .badTime)
    }
}

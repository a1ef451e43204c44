import Marketplace
import Testing

@Suite struct TokenRedactionTests {
    private func redact(_ text: String) throws -> String {
        String(decoding: TokenRedaction.redactTokens(try PayloadReader(Array(text.utf8))), as: UTF8.self)
    }

    @Test func `every authToken is gone and all else is kept`() throws {
        let body =
            #"{"a":1.50,"authToken":"t1","webhooks":[{"path":"/x","authToken":"t2"},7],"deep":{"b":[{"authToken":{}}]}}"#
        #expect(try redact(body) == #"{"a":1.50,"webhooks":[{"path":"/x"},7],"deep":{"b":[{}]}}"#)
    }

    @Test func `an escaped authToken is gone too`() throws {
        #expect(try redact(#"{"\u0061uthToken":"t"}"#) == "{}")
    }

    @Test func `a token under another name is gone`() throws {
        #expect(try redact(#"{"authToken":"t1","copy":"t1","list":["t1","x"],"t1":0}"#) == #"{"list":["x"]}"#)
    }

    @Test func `a token nobody named is gone by its shape`() throws {
        let samples = try Samples()
        let token = try samples.token(.installation)
        #expect(try redact(#"{"newField":"\#(token)","version":"1.2.3"}"#) == #"{"version":"1.2.3"}"#)
    }

    @Test(arguments: [
        ("Bearer T", "Bearer "), ("https://a.example/x?token=T&more=1", "https://a.example/x?token=&more=1"),
        ("Bearer%20T", "Bearer%20"), (#"{\"token\":\"T\"}"#, #"{\"token\":\"\"}"#), ("T, T and T.", ",  and ."),
        ("TT/TxT", "/x"), ("x.T", "x."), (#"caf\u00e9 \ud83d\ude00T\ud83d"#, #"caf\u00e9 \ud83d\ude00\ud83d"#),
    ])
    func `a token in a longer text goes, and the rest stands as it stood`(text: String, rest: String) throws {
        let token = try Samples().token(.installation)
        let opaque = "an opaque~token+of/some=kind"
        let named = { (token: String) in #""authToken":"\#(token)","# }
        for (secret, named) in [(token, ""), (token, named(token)), (opaque, named(opaque))] {
            // Only what knows where a token ends leaves the letter behind it.
            guard secret == opaque || !text.contains("Tx") else { continue }
            let escaped = secret.utf8.map { "\\u00" + ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
            for secret in [secret, escaped, secret.replacing("e", with: #"\u0065"#)] {
                let body = #"{\#(named)"a":"\#(text.replacing("T", with: secret))","b":1}"#
                #expect(try redact(body) == #"{"a":"\#(rest)","b":1}"#, "\(text)")
            }
        }
    }

    @Test func `a text that is nothing but tokens goes with its name`() throws {
        let token = try Samples().token(.installation)
        #expect(try redact(#"{"a":"\#(token)\#(token)","b":["\#(token).\#(token)"]}"#) == #"{"b":[]}"#)
        #expect(try redact(#"{"\#(token)":1,"x \#(token)":{"y":2},"z":3}"#) == #"{"z":3}"#)
    }

    @Test(arguments: [
        "1.2.3", "keyJoin.a.b", "www.honeyJar.example", "eyJ", "eyJ.a", "a.eyJ.b", "eyJ a.b.c", "e.y.J", "t1 t1", "",
        "view.new.eyes", "e30", "..",
    ])
    func `what only looks a little like a token stays`(text: String) throws {
        let body = #"{"a":"\#(text)","\#(text)":1}"#
        #expect(try redact(#"{"authToken":"t1",\#(body.dropFirst())"#) == body)
    }

    @Test func `a header with white space in it is a token's too`() throws {
        for header in ["{ \"alg\":\"RS256\"}", "{\n\t\"alg\":\"RS256\"\n}", "{\"alg\":\"none\"}\r\n", "{}"] {
            let token = Base64URL.encode(Array(header.utf8)) + ".e30."
            #expect(try redact(#"{"a":"x=\#(token) y","b":"\#(token)"}"#) == #"{"a":"x= y"}"#, "\(header)")
        }
    }

    @Test func `where a token stood, no other one comes together`() throws {
        let token = try Samples().token(.installation)
        let (front, back) = (token.prefix(30), token.dropFirst(30))
        let texts = #""a":"\#(front)opaque~token\#(back)","b":"opaqueopaque~token~token""#
        let body = #"{"authToken":"opaque~token",\#(texts),"c":1}"#
        #expect(try redact(body) == #"{"c":1}"#)
    }

    @Test(.timeLimit(.minutes(1)))
    func `a long text of half tokens takes no longer than another one`() throws {
        let count = 1 << 18
        for piece in ["eyJ", "eyJ.", "e", ".", "eyA", "ey", "e30", "eyJ..", "aaaa"] {
            let text = String(repeating: piece, count: count / piece.utf8.count)
            _ = try redact(#"{"a":"\#(text)","b":"\#(text) "}"#)
        }
        // Each holds all before it and none is in the text.
        let tokens = (8..<1000).map { #"{"authToken":"\#(String(repeating: "a", count: $0))b"}"# }
        let text = String(repeating: "a", count: count)
        let body = #"{"list":[\#(tokens.joined(separator: ","))],"a":"\#(text)"}"#
        #expect(try redact(body).hasSuffix(#"],"a":"\#(text)"}"#))
    }

    @Test func `what is left stands as it stood, without white space between its parts`() throws {
        #expect(
            try redact(#"{ "a" : "caf\ud83d\/ x", "a":[ 1 , {"authToken":[{"b":"c"}],"d":2} ] }"#)
                == #"{"a":"caf\ud83d\/ x","a":[1,{"d":2}]}"#)
    }

    @Test func `the name of what is gone stands before nothing else`() throws {
        #expect(
            try redact(#"{"x":[{"authToken":"t"},5,{"copy":"t"},6],"copy":"t","y":[{"t":1},7]}"#)
                == #"{"x":[{},5,{},6],"y":[{},7]}"#)
    }

    @Test func `tokens are found at every depth`() throws {
        let (open, close) = (String(repeating: #"{"x":["#, count: 490), String(repeating: "]}", count: 490))
        #expect(try redact(open + #"{"authToken":"t"},"t",1"# + close) == open + "{},1" + close)
    }

    @Test func `what is not an object is refused`() {
        #expect(throws: PayloadError.notObject) { try redact(#"["t"]"#) }
        #expect(throws: PayloadError.notJSON) { try redact("t") }
    }
}

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

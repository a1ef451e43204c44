import Marketplace
import Testing

@Suite struct TokenRedactionTests {
    private func redact(_ text: String) throws -> String {
        String(decoding: TokenRedaction.redactTokens(try PayloadReader(Array(text.utf8).span)), as: UTF8.self)
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

    @Test func `what is not an object is refused`() {
        #expect(throws: PayloadError.notObject) { try redact(#"["t"]"#) }
        #expect(throws: PayloadError.notJSON) { try redact("t") }
    }
}

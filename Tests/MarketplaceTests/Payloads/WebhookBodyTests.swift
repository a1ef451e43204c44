import Marketplace
import Testing

@Suite struct WebhookBodyTests {
    private func inspect(_ text: String) throws -> WebhookBody.Inspection {
        WebhookBody.inspect(Array(text.utf8).span, for: try #require(WorkspaceID("w1")))
    }

    @Test(arguments: [
        #"{"workspaceId":"w1"}"#, #"{"id":1}"#, "[]", "7", #""w2""#, "null", #"{"workspaceId":7}"#,
        #"{"workspaceId":null}"#, #"{"user":{"workspaceId":"w2"}}"#, #"[{"workspaceId":"w2"}]"#,
        #"{"workspaceId":"\u0077\u0031"}"#, #"{ "workspaceId" : "w1" }"#,
    ])
    func `a body of this workspace or of none is accepted`(text: String) throws {
        #expect(try inspect(text) == .accepted)
    }

    @Test(arguments: [
        #"{"workspaceId":"w2"}"#, #"{"workspaceId":""}"#, #"{"workspaceId":"w1\u0000"}"#, #"{"workspaceId":"W1"}"#,
        #"{"\u0077orkspaceId":"w2"}"#, #"{"workspaceId":"w1","workspaceId":"w2"}"#,
        #"{"workspaceId":"w2","workspaceId":"w1"}"#, #"{"a":{},"workspaceId":"w2"}"#,
    ])
    func `a body of another workspace is found out`(text: String) throws {
        #expect(try inspect(text) == .otherWorkspace)
    }

    @Test(arguments: ["", "x", "{", #"{"workspaceId":"w1"}}"#, #"{"workspaceId":"w1",}"#, #"{"workspaceId":"w2"} x"#])
    func `a body that is not JSON is refused`(text: String) throws {
        #expect(try inspect(text) == .notJSON)
    }

    @Test(.enabled(if: Vectors.isAvailable, Vectors.absent))
    func `all 49 sample bodies are JSON, and 38 name a workspace`() throws {
        let files = try Vectors.files(in: "webhook-samples")
        #expect(files.count == 49)
        let nobody = try #require(WorkspaceID("nobody"))
        let verdicts = files.map { WebhookBody.inspect($0.bytes.span, for: nobody) }
        #expect(verdicts.count { $0 == .notJSON } == 0)
        #expect(verdicts.count { $0 == .otherWorkspace } == 38)
    }
}

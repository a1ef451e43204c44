import Marketplace
import Testing

@Suite struct InstalledPayloadTests {
    private let body = #"""
        {"addonId":"62ddf9b201f42e74228efa3c","authToken":"secret-a","workspaceId":"60332d61ff30282b1f23e624",
        "asUser":"60348d63df70d82b7183e635","apiUrl":"https://api.clockify.me/api","addonUserId":"1a2b3g","more":[1],
        "webhooks":[{"path":"//hook","webhookType":"ADDON","authToken":"secret-b"}]}
        """#

    private func read(_ text: String) throws(PayloadError) -> InstalledPayload {
        try InstalledPayload(PayloadReader(Array(text.utf8)))
    }

    private func error(_ text: String) -> PayloadError? {
        do throws(PayloadError) {
            _ = try read(text)
            return nil
        } catch {
            return error
        }
    }

    @Test func `the documented body is read`() throws {
        let payload = try read(body)
        #expect(payload.addonID.text == "62ddf9b201f42e74228efa3c")
        #expect(payload.workspaceID.text == "60332d61ff30282b1f23e624")
        #expect(payload.authToken.reveal() == "secret-a")
        #expect(payload.asUser == "60348d63df70d82b7183e635")
        #expect(payload.addonUserID == "1a2b3g")
        #expect(payload.apiURL == "https://api.clockify.me/api")
        #expect(payload.webhooks.map(\.path) == ["//hook"])
        #expect(payload.webhooks.first?.authToken.reveal() == "secret-b")
    }

    @Test func `optional fields may be absent or null`() throws {
        for webhooks in ["", #","webhooks":null,"asUser":null,"apiUrl":null"#, #","webhooks":[]"#] {
            let payload = try read(#"{"addonId":"a","workspaceId":"w","authToken":"t"\#(webhooks)}"#)
            #expect(payload.webhooks.isEmpty)
            #expect(payload.asUser == nil)
        }
    }

    @Test func `a payload cannot be printed`() throws {
        let payload = try read(body)
        var dumped = ""
        dump(payload, to: &dumped)
        for text in ["\(payload)", String(reflecting: payload), dumped] { #expect(!text.contains("secret")) }
    }

    @Test(
        arguments: [
            ("[]", .notObject), ("nonsense", .notJSON),
            (#"{"addonId":"a","addonId":"a"}"#, .repeated(.addonId)),
            (#"{"workspaceId":"w","authToken":"t"}"#, .missing(.addonId)),
            (#"{"addonId":"a","authToken":"t"}"#, .missing(.workspaceId)),
            (#"{"addonId":"a","workspaceId":"w"}"#, .missing(.authToken)),
            (#"{"addonId":1,"workspaceId":"w","authToken":"t"}"#, .wrongType(.addonId)),
            (#"{"addonId":"a/b","workspaceId":"w","authToken":"t"}"#, .badID(.addonId)),
            (#"{"addonId":"a","workspaceId":"","authToken":"t"}"#, .badID(.workspaceId)),
            (#"{"addonId":"a","workspaceId":"w","authToken":{}}"#, .wrongType(.authToken)),
            (#"{"addonId":"a","workspaceId":"w","authToken":"t","webhooks":{}}"#, .wrongType(.webhooks)),
            (#"{"addonId":"a","workspaceId":"w","authToken":"t","webhooks":[1]}"#, .wrongType(.webhooks)),
            (#"{"addonId":"a","workspaceId":"w","authToken":"t","webhooks":[{"path":"/a"}]}"#, .missing(.authToken)),
            (#"{"addonId":"a","workspaceId":"w","authToken":"t","webhooks":[{"authToken":"t"}]}"#, .missing(.path)),
            (#"{"addonId":"a","workspaceId":"w","authToken":"t","authToken":"t"}"#, .repeated(.authToken)),
            (
                #"{"addonId":"a","workspaceId":"w","authToken":"t","webhooks":[{"path":"/a","path":"/a","authToken":"t"}]}"#,
                .repeated(.path)
            ),
        ] as [(String, PayloadError)])
    func `a field that is absent or wrong is named`(text: String, expected: PayloadError) {
        #expect(error(text) == expected)
    }

    @Test func `webhooks are bounded`() {
        let webhooks = Array(repeating: #"{"path":"/a","authToken":"t"}"#, count: 257).joined(separator: ",")
        #expect(
            error(#"{"addonId":"a","workspaceId":"w","authToken":"t","webhooks":[\#(webhooks)]}"#) == .tooManyWebhooks)
    }

    private func asUser(_ value: String) throws -> String? {
        try read(#"{"addonId":"a","workspaceId":"w","authToken":"t","asUser":\#(value)}"#).asUser
    }

    @Test func `a text that is only kept is kept whole or left out, and never a reason to refuse`() throws {
        for length in [300, 4096] {
            let text = String(repeating: "x", count: length)
            #expect(try asUser("\"\(text)\"") == text)
        }
        #expect(try asUser(#""\ud83d\ude00""#) == "😀")
        let left = [
            "\"\(String(repeating: "x", count: 4097))\"", #""a\u0000b""#, #""caf\ud83d""#, "7", "{}",
            #""a","asUser":"b""#,
        ]
        for value in left { #expect(try asUser(value) == nil) }
    }

    @Test func `a text that holds a token is left out, as what is kept lies in the clear`() throws {
        let token = try Samples().token(.installation)
        for value in [token, "Bearer \(token)", "a\(token)", "\\u0065" + token.dropFirst()] {
            #expect(try asUser("\"\(value)\"") == nil)
        }
    }

    @Test(arguments: [
        #""workspaceName":"caf\ud83d""#, #""workspaceName":{"a":1,"a":2}"#, #""more":1,"more":2"#,
        #""apiUrl":7,"addonUserId":[],"asUser":{}"#,
        #""x":\#(String(repeating: "[", count: 400))7\#(String(repeating: "]", count: 400))"#,
    ])
    func `what nobody reads is judged by the grammar alone`(more: String) throws {
        let webhook = #"{"path":"/\#(String(repeating: "p", count: 4096))","webhookType":7,"authToken":"t"}"#
        let payload = try read(#"{"addonId":"a","workspaceId":"w","authToken":"t",\#(more),"webhooks":[\#(webhook)]}"#)
        #expect(payload.webhooks.map(\.path.count) == [4097])
    }
}

import Marketplace
import Testing

@Suite struct OtherPayloadsTests {
    private func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }

    private func settings(_ text: String) throws -> [UInt8] {
        let body = bytes(text)
        return try SettingsUpdatedPayload(PayloadReader(body.span), source: body.span).settings
    }

    @Test func `a status is read as it is`() throws {
        let body = bytes(#"{"addonId":"a","workspaceId":"w","status":"PAUSED"}"#)
        #expect(try StatusChangedPayload(PayloadReader(body.span)).status == "PAUSED")
        let without = bytes(#"{"addonId":"a","workspaceId":"w"}"#)
        #expect(throws: PayloadError.missing(.status)) { try StatusChangedPayload(PayloadReader(without.span)) }
    }

    @Test(arguments: ["[ {\"id\": \"a\", \"value\": 1.50} ]", "{}", "[]"])
    func `settings are kept byte for byte`(text: String) throws {
        let body = #"{"addonId":"a", "settings" : \#(text) ,"workspaceId":"w","x":{"settings":1}}"#
        #expect(try settings(body) == bytes(text))
    }

    @Test func `settings under an escaped name are the same settings`() throws {
        #expect(try settings(#"{"addonId":"a","\u0073ettings":[1],"workspaceId":"w"}"#) == bytes("[1]"))
    }

    @Test(
        arguments: [
            (#"[{"id":"a","value":1}]"#, .notObject), (#"{"addonId":"a","workspaceId":"w"}"#, .missing(.settings)),
            (#"{"addonId":"a","workspaceId":"w","settings":"x"}"#, .wrongType(.settings)),
            (#"{"addonId":"a","workspaceId":"w","settings":null}"#, .wrongType(.settings)),
            (#"{"workspaceId":"w","settings":[]}"#, .missing(.addonId)),
        ] as [(String, PayloadError)])
    func `settings without ids or of another type are refused`(text: String, expected: PayloadError) {
        #expect(throws: expected) { try settings(text) }
    }

    @Test func `an uninstall may name a user`() throws {
        func asUser(_ text: String) throws -> String? { try DeletedPayload(PayloadReader(bytes(text).span)).asUser }
        #expect(try asUser(#"{"addonId":"a","workspaceId":"w","asUser":"u"}"#) == "u")
        #expect(try asUser(#"{"addonId":"a","workspaceId":"w"}"#) == nil)
    }
}

import Marketplace
import Testing

@Suite struct OtherPayloadsTests {
    private func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }

    @Test func `a status is read as it is`() throws {
        let body = bytes(#"{"addonId":"a","workspaceId":"w","status":"PAUSED"}"#)
        #expect(try StatusChangedPayload(body.span).status == "PAUSED")
        let without = bytes(#"{"addonId":"a","workspaceId":"w"}"#)
        #expect(throws: PayloadError.missing(.status)) { try StatusChangedPayload(without.span) }
    }

    @Test(arguments: ["[ {\"id\": \"a\", \"value\": 1.50} ]", "{}", "[]"])
    func `settings are kept byte for byte`(settings: String) throws {
        let body = bytes(#"{"addonId":"a", "settings" : \#(settings) ,"workspaceId":"w","x":{"settings":1}}"#)
        #expect(try SettingsUpdatedPayload(body.span).settings == bytes(settings))
    }

    @Test func `settings under an escaped name are the same settings`() throws {
        let body = bytes(#"{"addonId":"a","\u0073ettings":[1],"workspaceId":"w"}"#)
        #expect(try SettingsUpdatedPayload(body.span).settings == bytes("[1]"))
    }

    @Test(
        arguments: [
            (#"[{"id":"a","value":1}]"#, .notObject), (#"{"addonId":"a","workspaceId":"w"}"#, .missing(.settings)),
            (#"{"addonId":"a","workspaceId":"w","settings":"x"}"#, .wrongType(.settings)),
            (#"{"addonId":"a","workspaceId":"w","settings":null}"#, .wrongType(.settings)),
            (#"{"workspaceId":"w","settings":[]}"#, .missing(.addonId)),
        ] as [(String, PayloadError)])
    func `settings without ids or of another type are refused`(text: String, expected: PayloadError) {
        let body = bytes(text)
        #expect(throws: expected) { try SettingsUpdatedPayload(body.span) }
    }

    @Test func `an uninstall may name a user`() throws {
        let body = bytes(#"{"addonId":"a","workspaceId":"w","asUser":"u"}"#)
        #expect(try DeletedPayload(body.span).asUser == "u")
        #expect(try DeletedPayload(bytes(#"{"addonId":"a","workspaceId":"w"}"#).span).asUser == nil)
    }
}

import Marketplace
import Testing

@Suite struct OtherPayloadsTests {
    private func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }

    private func settings(_ text: String) throws -> [UInt8] {
        let body = bytes(text)
        return try SettingsUpdatedPayload(PayloadReader(body)).settings
    }

    @Test func `a status is read as it is`() throws {
        let body = bytes(#"{"addonId":"a","workspaceId":"w","status":"PAUSED"}"#)
        #expect(try StatusChangedPayload(PayloadReader(body)).status == "PAUSED")
        let without = bytes(#"{"addonId":"a","workspaceId":"w"}"#)
        #expect(throws: PayloadError.missing(.status)) { try StatusChangedPayload(PayloadReader(without)) }
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

    @Test func `a status of any length is read, and one given twice is not`() throws {
        func status(_ members: String) throws -> String {
            try StatusChangedPayload(PayloadReader(bytes(#"{"addonId":"a","workspaceId":"w",\#(members)}"#))).status
        }
        let long = String(repeating: "X", count: 300)
        #expect(try status(#""status":"\#(long)""#) == long)
        #expect(throws: PayloadError.repeated(.status)) { try status(#""status":"ACTIVE","status":"INACTIVE""#) }
    }

    @Test func `an uninstall is about its ids and nothing else`() throws {
        let body = #"{"addonId":"a","workspaceId":"w","asUser":7,"asUser":"\udc00","x":{"y":1,"y":2}}"#
        #expect(try DeletedPayload(PayloadReader(bytes(body))).addonID.text == "a")
        #expect(throws: PayloadError.missing(.addonId)) {
            try DeletedPayload(PayloadReader(bytes(#"{"workspaceId":"w"}"#)))
        }
    }
}

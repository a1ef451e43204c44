import Installations
import Marketplace
import Sealing
import TestSupport
import Testing
import Webhooks

@testable import Store

/// What lifecycle calls make of installations.
@Suite struct LifecycleTests {
    @Test(arguments: EngineUnderTest.allCases)
    func `an install keeps everything and can be read back`(engine: EngineUnderTest) async throws {
        let test = try StoreUnderTest(engine)
        let id = try test.id()
        #expect(try await test.perform(id, test.platform.install(id)) == .create)
        let installation = try #require(try await test.store.installation(id))
        #expect(installation.status == .active)
        #expect(installation.apiURL == "https://api.clockify.me/api")
        #expect(installation.webhookPaths.map(\.text) == ["/webhooks/project", "/webhooks/time"])
        #expect(installation.storageKey == test.keyring.ids.first)
        let events = try await test.store.events(matching: EventFilter(), page: PageRequest())
        #expect(events.items.map(\.type) == ["addon.installed"])
    }

    @Test(arguments: EngineUnderTest.allCases)
    func `a reinstall replaces the whole token set and keeps the status`(engine: EngineUnderTest) async throws {
        let test = try StoreUnderTest(engine)
        let id = try test.id()
        try await test.perform(id, test.platform.install(id))
        try await test.perform(id, .statusChanged("INACTIVE"))
        let before = try #require(try await test.store.credentials(of: id))
        let onePath = InstallRequest(
            token: SecretBytes(utf8: "t"), apiURL: "https://eu.clockify.me/api", addonUserID: "", asUser: "",
            webhooks: [
                WebhookGrant(
                    path: try #require(RoutePath.normalise("/webhooks/time")), wirePath: "x",
                    token: SecretBytes(utf8: "t"))
            ])
        #expect(try await test.perform(id, .installed(onePath)) == .replaceTokens)
        let after = try #require(try await test.store.credentials(of: id))
        #expect(after.status == .inactive)
        #expect(after.webhookTokens.map(\.path.text) == ["/webhooks/time"])
        #expect(after.tokenSet > before.tokenSet)
        #expect(try await test.store.installation(id)?.apiURL == "https://eu.clockify.me/api")
    }

    @Test(arguments: EngineUnderTest.allCases)
    func `several tokens of one path, all the same bytes, are all kept`(engine: EngineUnderTest) async throws {
        let test = try StoreUnderTest(engine)
        let id = try test.id()
        let path = try #require(RoutePath.normalise("/webhooks/time"))
        let grant = WebhookGrant(path: path, wirePath: "/x", token: SecretBytes(utf8: "same"))
        let request = InstallRequest(
            token: SecretBytes(utf8: "same"), apiURL: "", addonUserID: "", asUser: "", webhooks: [grant, grant, grant])
        try await test.perform(id, .installed(request))
        #expect(try await test.store.credentials(of: id)?.webhookTokens.count == 3)
    }

    @Test(arguments: EngineUnderTest.allCases)
    func `a new installation of the workspace ends the old one and erases its secrets`(
        engine: EngineUnderTest
    ) async throws {
        let test = try StoreUnderTest(engine)
        let old = try test.id("ws1", "old")
        let new = try test.id("ws1", "new")
        let elsewhere = try test.platform.id("ws2", "other")
        for id in [old, elsewhere, new] { try await test.perform(id, test.platform.install(id)) }
        #expect(try await test.store.installation(old)?.status == .superseded)
        #expect(try await test.store.installation(new)?.status == .active)
        #expect(try await test.store.installation(elsewhere)?.status == .active)
        #expect(try await test.store.credentials(of: old) == nil)
        let known = try await test.engine.read { reads in
            try reads.known([old], with: [.named, .webhookTokens]).first ?? nil
        }
        #expect(known?.secrets.named.isEmpty == true && known?.secrets.tokens.isEmpty == true)
        let stream = try await test.store.events(matching: EventFilter(addonID: old.addonID), page: PageRequest())
        #expect(stream.items.map(\.type) == ["addon.superseded", "addon.installed"])
        let told = try #require(stream.items.first).id
        #expect(try await test.body(told) == Array(#"{"addonId":"old","workspaceId":"ws1"}"#.utf8))
    }

    @Test(arguments: EngineUnderTest.allCases)
    func `the key of an ended installation lives on while its events wait`(engine: EngineUnderTest) async throws {
        let test = try StoreUnderTest(engine)
        let id = try test.id()
        try await test.perform(id, test.platform.install(id))
        try await test.perform(id, .deleted)
        let event = try #require(
            try await test.store.events(matching: EventFilter(), page: PageRequest()).items.first)
        #expect(event.type == "addon.deleted")
        #expect(try await test.store.eventBody(event.id, actor: .system, at: test.now) == Array("{}".utf8))
    }

    @Test(arguments: EngineUnderTest.allCases)
    func `settings are sealed and replaced`(engine: EngineUnderTest) async throws {
        let test = try StoreUnderTest(engine)
        let id = try test.id()
        try await test.install()
        #expect(try await test.perform(id, .settingsUpdated(SecretBytes(utf8: "[1]"))) == .storeSettings)
        #expect(try await test.perform(id, .settingsUpdated(SecretBytes(utf8: "[2]"))) == .storeSettings)
        let known = try #require(try await test.known())
        let sealed = try SealedValue(bytes: try #require(known.secrets.named[.settings]))
        let key = try test.store.vault.openKey(of: known.standing)
        #expect(try key.open(sealed, in: id.context(.settings)).matches(Array("[2]".utf8)))
        #expect(try await test.events().map(\.type).prefix(2) == ["addon.settings_updated", "addon.settings_updated"])
        try await test.install(tokens: "second")
        #expect(try await test.known()?.secrets.named[.settings] == sealed.bytes, "a reinstall says nothing of them")
    }

    @Test(arguments: EngineUnderTest.allCases)
    func `one that ended before it was seen leaves a row that keeps it from being installed`(
        engine: EngineUnderTest
    ) async throws {
        let test = try StoreUnderTest(engine)
        let id = try test.id()
        #expect(try await test.perform(id, .deleted) == .tombstone)
        let row = try #require(try await test.store.installation(id))
        #expect(row.status == .deleted && row.endedAt == test.now && row.installedAt == nil && row.storageKey == nil)
        #expect(try await test.perform(id, try test.platform.install(id)) == .refuse)
        #expect(try await test.store.credentials(of: id) == nil)
        #expect(try await test.events().isEmpty)
        #expect(
            try await test.audit(2) == [
                "installation.install refused: already ended", "installation.delete tombstone created",
            ])
    }

    @Test(arguments: EngineUnderTest.allCases)
    func `each change is told in the stream and in the audit log, with what the call said`(
        engine: EngineUnderTest
    ) async throws {
        let test = try StoreUnderTest(engine)
        let id = try test.id()
        try await test.install()
        try await test.perform(id, .statusChanged("INACTIVE"))
        try await test.perform(id, .settingsUpdated(SecretBytes(utf8: "[1]")))
        test.clock.advance(seconds: 60)
        try await test.perform(id, .deleted)
        let types = ["addon.installed", "addon.status_changed", "addon.settings_updated", "addon.deleted"]
        #expect(try await test.events().map(\.type) == types.reversed())
        let row = try #require(try await test.store.installation(id))
        #expect(row.status == .deleted && row.endedAt == test.now && row.updatedAt == test.now && row.isGenuine)
        #expect(row.webhookPaths.isEmpty)
        let known = try #require(try await test.known())
        #expect(known.secrets.named.isEmpty && known.secrets.tokens.isEmpty)
        #expect(try await test.audit(of: id).count == 4)
        #expect(try await test.isIntact())
    }

    @Test(arguments: EngineUnderTest.allCases)
    func `an operator's end is recorded as one, with its reason`(engine: EngineUnderTest) async throws {
        let test = try StoreUnderTest(engine)
        let id = try test.id()
        try await test.install()
        let call = LifecycleCall(
            id: id, change: .deleted, payload: [], receivedAt: test.now, actor: .local(userID: 7),
            reason: "asked for", token: nil)
        #expect(try await test.store.perform(call) == .end)
        let record = try #require(
            try await test.store.auditRecords(since: nil, of: id, page: PageRequest()).items.first)
        #expect(record.entry.action == "installation.forget" && record.entry.actor == "local:7")
        #expect(record.entry.detail == "asked for" && record.entry.decides == "installation:1")
    }
}

import Foundation
import GRDB
import Installations
import Marketplace
import Sealing
import TestSupport
import Testing
import Webhooks

@testable import SQLiteStore
@testable import Store

@Suite struct InstallationWritesTests {
    private let test: TestStore
    private let platform: TestPlatform
    private let clock = TestClock()

    init() throws {
        test = try TestStore()
        platform = try TestPlatform()
    }

    @discardableResult
    private func perform(_ id: InstallationID, _ change: LifecycleChange) async throws -> LifecycleDecision {
        try await test.store.perform(platform.call(id, change, at: clock.now))
    }

    private func count(_ sql: String) async throws -> Int {
        try await test.engine.pool.read { db in try Int.fetchOne(db, sql: sql) ?? -1 }
    }

    @Test func `a flood of genuine calls that change nothing leaves a handful of audit records`() async throws {
        for number in 0..<200 {
            let id = try platform.id("ws1", "never\(number)")
            #expect(try await perform(id, .statusChanged("ACTIVE")) == .ignore(.unknownInstallation))
        }
        #expect(try await count("SELECT count(*) FROM audit WHERE actor = 'platform'") == QuietCalls.records)
        try await test.store.recordQuietCalls(endedBy: .distantFuture, at: clock.now)
        #expect(try await count("SELECT count(*) FROM audit WHERE actor = 'platform'") == QuietCalls.records + 1)
        let last = try await test.store.auditRecords(since: nil, of: nil, page: PageRequest(limit: 1)).items.first
        #expect(last?.entry.outcome == "190 more calls changed nothing")
        guard case .intact = try await test.store.verifyAudit(against: nil) else {
            Issue.record("the audit chain broke")
            return
        }
        // What changes something is recorded whatever came before, and what an operator does as well.
        let id = try platform.id("ws1", "real")
        #expect(try await perform(id, platform.install(id)) == .create)
        #expect(try await count("SELECT count(*) FROM audit WHERE outcome = 'installed'") == 1)
    }

    @Test func `an install keeps everything and can be read back`() async throws {
        let id = try platform.id()
        #expect(try await perform(id, platform.install(id)) == .create)
        let installation = try #require(try await test.store.installation(id))
        #expect(installation.status == .active)
        #expect(installation.apiURL == "https://api.clockify.me/api")
        #expect(installation.webhookPaths.map(\.text) == ["/webhooks/project", "/webhooks/time"])
        #expect(installation.storageKey == test.keyring.ids.first)
        let events = try await test.store.events(matching: EventFilter(), page: PageRequest())
        #expect(events.items.map(\.type) == ["addon.installed"])
    }

    @Test func `no token and no key is in the file in the clear`() async throws {
        let id = try platform.id()
        try await perform(id, platform.install(id))
        try test.store.close()
        let bytes = try Data(contentsOf: URL(filePath: test.file))
        let token = try platform.webhookToken(id, "/webhooks/time")
        for part in token.split(separator: ".") { #expect(bytes.range(of: Data(part.utf8)) == nil) }
        #expect(bytes.range(of: Data("eyJ".utf8)) == nil)
    }

    @Test func `a reinstall replaces the whole token set and keeps the status`() async throws {
        let id = try platform.id()
        try await perform(id, platform.install(id))
        try await perform(id, .statusChanged("INACTIVE"))
        let before = try #require(try await test.store.credentials(of: id))
        let onePath = InstallRequest(
            token: SecretBytes(utf8: "t"), apiURL: "", addonUserID: "", asUser: "",
            webhooks: [
                WebhookGrant(
                    path: try #require(RoutePath.normalise("/webhooks/time")), wirePath: "x",
                    token: SecretBytes(utf8: "t"))
            ])
        #expect(try await perform(id, .installed(onePath)) == .replaceTokens)
        let after = try #require(try await test.store.credentials(of: id))
        #expect(after.status == .inactive)
        #expect(after.webhookTokens.map(\.path.text) == ["/webhooks/time"])
        #expect(after.tokenSet > before.tokenSet)
    }

    @Test func `several tokens of one path, all the same bytes, are all kept`() async throws {
        let id = try platform.id()
        let path = try #require(RoutePath.normalise("/webhooks/time"))
        let grant = WebhookGrant(path: path, wirePath: "/x", token: SecretBytes(utf8: "same"))
        let request = InstallRequest(
            token: SecretBytes(utf8: "same"), apiURL: "", addonUserID: "", asUser: "", webhooks: [grant, grant, grant])
        try await perform(id, .installed(request))
        #expect(try await test.store.credentials(of: id)?.webhookTokens.count == 3)
    }

    @Test func `a new installation of the workspace ends the old one and erases its secrets`() async throws {
        let old = try platform.id("ws1", "old")
        let new = try platform.id("ws1", "new")
        let elsewhere = try platform.id("ws2", "other")
        for id in [old, elsewhere, new] { try await perform(id, platform.install(id)) }
        #expect(try await test.store.installation(old)?.status == .superseded)
        #expect(try await test.store.installation(new)?.status == .active)
        #expect(try await test.store.installation(elsewhere)?.status == .active)
        #expect(try await test.store.credentials(of: old) == nil)
        #expect(
            try await count(
                "SELECT count(*) FROM installation_secret JOIN installation ON number = installation WHERE addon_id = 'old'"
            ) == 0)
        let stream = try await test.store.events(matching: EventFilter(addonID: old.addonID), page: PageRequest())
        #expect(stream.items.map(\.type) == ["addon.superseded", "addon.installed"])
    }

    @Test func `DELETED erases the secrets in its transaction and nothing is left in file or log`() async throws {
        let id = try platform.id()
        try await perform(id, platform.install(id))
        let sealed = try #require(try await test.store.credentials(of: id))
        let token = try #require(
            try await test.engine.pool.read { db in try Data.fetchOne(db, sql: "SELECT sealed FROM installation_secret")
            })
        let secrets = [[UInt8](token)] + sealed.webhookTokens.map(\.token.bytes)
        func lingering() throws -> Int {
            let files = ["", "-wal"].compactMap { FileManager.default.contents(atPath: test.file + $0) }
            return secrets.count { secret in files.contains { $0.range(of: Data(secret)) != nil } }
        }
        #expect(try lingering() == secrets.count, "the check itself must be able to find them")

        #expect(try await perform(id, .deleted) == .end)
        #expect(try await count("SELECT count(*) FROM webhook_token") == 0)
        #expect(try await count("SELECT count(*) FROM installation_secret") == 0)
        await test.engine.logTruncator.truncate()
        #expect(try lingering() == 0)
    }

    @Test func `the key of an ended installation lives on while its events wait`() async throws {
        let id = try platform.id()
        try await perform(id, platform.install(id))
        try await perform(id, .deleted)
        let event = try #require(
            try await test.store.events(matching: EventFilter(), page: PageRequest()).items.first)
        #expect(event.type == "addon.deleted")
        #expect(try await test.store.eventBody(event.id, actor: .system, at: clock.now) == Array("{}".utf8))
    }

    @Test func `settings are sealed and replaced`() async throws {
        let id = try platform.id()
        try await perform(id, platform.install(id))
        #expect(try await perform(id, .settingsUpdated(SecretBytes(utf8: "[1]"))) == .storeSettings)
        #expect(try await perform(id, .settingsUpdated(SecretBytes(utf8: "[2]"))) == .storeSettings)
        #expect(try await count("SELECT count(*) FROM installation_secret WHERE name = 'settings'") == 1)
    }

    @Test func `the token is given for an ACTIVE installation only, and each reading is audited`() async throws {
        let id = try platform.id()
        let reading = TokenReading(actor: .apiKey("k"), reason: try #require(StatedReason("test")), at: clock.now)
        guard case .unknown = try await test.store.token(of: id, reading: reading) else {
            Issue.record("an unknown installation has no token")
            return
        }
        try await perform(id, platform.install(id))
        guard case .token(let token, _) = try await test.store.token(of: id, reading: reading) else {
            Issue.record("an active installation gives its token")
            return
        }
        let installed = try platform.token(
            id, salt: "firstinstallation")
        #expect(token.matches(Array(installed.utf8)))
        try await perform(id, .statusChanged("INACTIVE"))
        guard case .notActive(.inactive) = try await test.store.token(of: id, reading: reading) else {
            Issue.record("an inactive installation gives none")
            return
        }
        let audit = try await test.store.auditRecords(since: nil, of: id, page: PageRequest())
        #expect(
            audit.items.filter { $0.entry.action == "installation.token" }.map(\.entry.outcome)
                == ["refused: INACTIVE", "given", "refused: unknown"])
    }

    @Test func `each order of calls over two generations ends as the state machine says`() async throws {
        let changes: [@Sendable (InstallationID) throws -> LifecycleChange] = [
            { try self.platform.install($0) }, { _ in .statusChanged("INACTIVE") }, { _ in .statusChanged("PAUSED") },
            { _ in .settingsUpdated(SecretBytes(utf8: "[]")) }, { _ in .deleted },
        ]
        // All sequences of three calls out of ten, each in a workspace of its own.
        for sequence in 0..<1000 {
            var model: [Int: InstallationStatus] = [:]
            for step in [sequence / 100, sequence / 10 % 10, sequence % 10] {
                let generation = step % 2
                let id = try platform.id("ws\(sequence)", "g\(generation)")
                let change = try changes[step / 2](id)
                let decision = try await perform(id, change)
                #expect(decision == Lifecycle.decide(change.signal, at: model[generation]))
                switch decision {
                case .create:
                    if model[1 - generation]?.isLive == true { model[1 - generation] = .superseded }
                    model[generation] = .active
                case .setStatus(let status): model[generation] = status
                case .end, .tombstone: model[generation] = .deleted
                default: break
                }
            }
            for generation in 0...1 {
                let stored = try await test.store.installation(try platform.id("ws\(sequence)", "g\(generation)"))
                #expect(stored?.status == model[generation])
                #expect((stored?.webhookPaths.isEmpty ?? true) == !(model[generation]?.isLive ?? false))
            }
        }
        guard case .intact = try await test.store.verifyAudit(against: nil) else {
            Issue.record("the audit chain broke")
            return
        }
    }
}

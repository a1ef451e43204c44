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

    @Test func `no token and no key is in the file in the clear`() async throws {
        let id = try platform.id()
        try await perform(id, platform.install(id))
        try test.store.close()
        let bytes = try Data(contentsOf: URL(filePath: test.file))
        let token = try platform.webhookToken(id, "/webhooks/time")
        for part in token.split(separator: ".") { #expect(bytes.range(of: Data(part.utf8)) == nil) }
        #expect(bytes.range(of: Data("eyJ".utf8)) == nil)
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
}

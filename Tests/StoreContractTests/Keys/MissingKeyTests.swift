import Foundation
import Installations
import Marketplace
import Sealing
import TestSupport
import Testing
import Webhooks

@testable import Store

/// Storage keys whose files are gone, and rows that say another.
@Suite struct MissingKeyTests {
    @Test(arguments: EngineUnderTest.allCases)
    func `nothing is wrapped, retired or destroyed while the primary key's file is missing`(
        engine: EngineUnderTest
    ) async throws {
        let test = try StoreUnderTest(engine)
        try await test.install(count: 2)
        let (old, new) = try await test.promoteNew()
        let file = "\(test.directory.path)/keys/\(new).key"
        let kept = try #require(FileManager.default.contents(atPath: file))
        try FileManager.default.removeItem(atPath: file)
        await #expect(throws: StorageKeyError.self) {
            _ = try await test.keys.rewrapAll(by: KeyWorker(actor: .system)) { _ in }
        }
        #expect(try await test.census(old) == 2)
        _ = try await test.rewrap(from: old)
        await #expect(throws: StorageKeyError.self) {
            _ = try await test.keys.advance(old, by: .retire, actor: .system)
        }
        #expect(FileManager.default.createFile(atPath: file, contents: kept, attributes: [.posixPermissions: 0o600]))
        #expect(try await test.keys.advance(old, by: .retire, actor: .system).state == .disabled)
        try FileManager.default.removeItem(atPath: file)
        await #expect(throws: StorageKeyError.self) {
            _ = try await test.keys.advance(old, by: .destroy, immediately: true, actor: .system)
        }
    }

    @Test(arguments: EngineUnderTest.allCases)
    func `a missing key stops the batch untouched and is named`(engine: EngineUnderTest) async throws {
        let test = try StoreUnderTest(engine)
        try await test.install(count: 3)
        let (old, _) = try await test.promoteNew()
        try FileManager.default.removeItem(atPath: test.directory.path + "/keys/\(old).key")
        // Out of memory as well; the store still knows it.
        test.keyring.forbid(old)
        test.keyring.permit(old)
        let error = await #expect(throws: StoreError.self) {
            _ = try await test.store.rewrap(from: old, in: NumberRange(), limit: 10, at: test.now)
        }
        #expect("\(try #require(error))".contains("\(old).key"))
        #expect(try await test.census(old) == 3)
    }

    @Test(arguments: EngineUnderTest.allCases)
    func `a key is needed though rows say that they are under another`(engine: EngineUnderTest) async throws {
        let test = try StoreUnderTest(engine)
        try await test.install(count: 5)
        let (old, new) = try await test.promoteNew()
        for number in [1, 2] as [InstallationNumber] { try await test.damage(.storageKeyColumn(of: number, new)) }
        let report = try await test.keys.rotate(reencrypt: false, by: KeyWorker(actor: .system)) { _ in }
        #expect(report.rewrapped == 3 && report.corrupt == 2)
        #expect(try await test.verify().damaged.map(\.reason) == [.wrongPlace, .wrongPlace])
        await #expect(throws: StorageKeyError.self) {
            _ = try await test.keys.advance(old, by: .retire, actor: .system)
        }
        #expect(try await test.store.storageKeys().first { $0.id == old }?.state == .retiring)
    }

    @Test(arguments: EngineUnderTest.allCases)
    func `verification tells a damaged token and event by their places`(engine: EngineUnderTest) async throws {
        let test = try StoreUnderTest(engine)
        try await test.install(count: 1)
        try await test.damage(.webhookTokens(of: 1, path: "/webhooks/time"))
        try await test.damage(.body(try #require(try await test.events().first).id))
        let found = try await test.verify().damaged
        #expect(found.map(\.item.kind) == ["webhook_token", "event"])
        #expect(found.map(\.reason) == [.corrupt, .corrupt])
        #expect(found.first?.place == "/webhooks/time")
    }

    @Test(arguments: EngineUnderTest.allCases)
    func `while a key's file is missing an event waits and is not given up`(engine: EngineUnderTest) async throws {
        let test = try StoreUnderTest(engine)
        let stream = try await test.install()
        let key = try await test.primary()
        try FileManager.default.removeItem(atPath: test.directory.path + "/keys/\(key).key")
        // Out of memory as well; the store still knows it.
        test.keyring.forbid(key)
        test.keyring.permit(key)
        guard case .locked? = try await test.store.heads(of: [stream], bytes: 1).first else {
            Issue.record("not locked")
            return
        }
    }
}

import Installations
import SQLiteStore
import Sealing
import Store
import TestSupport
import Testing

@Suite struct StorageKeyManagerTests {
    private let test: TestStore
    private let manager: StorageKeyManager

    init() throws {
        test = try TestStore()
        manager = StorageKeyManager(store: test.store, keyring: test.keyring, now: { TestClock().now })
    }

    private func records() async throws -> [AuditEntry] {
        try await test.store.auditRecords(since: nil, of: nil, page: PageRequest()).items.map(\.entry)
    }

    @Test func `a step that a key's state forbids is on record, with who asked for it and why it was refused`()
        async throws
    {
        let primary = try #require(try await test.store.storageKeys().first).id
        for step in [StorageKeyStep.retire, .destroy] {
            await #expect(throws: StorageKeyError.self) {
                _ = try await manager.advance(primary, by: step, actor: .local(userID: 7))
            }
            let record = try #require(try await records().first)
            #expect(record.action == "storage-key.\(step.rawValue)" && record.subject == primary.description)
            #expect(record.actor == "local:7" && record.outcome.hasPrefix("refused: it is "))
        }
    }

    @Test func `a step of a key that there is not is on record`() async throws {
        let unknown = try #require(StorageKeyID("0123456789abcdef"))
        for step in StorageKeyStep.allCases {
            await #expect(throws: StorageKeyError.self) {
                _ = try await manager.advance(unknown, by: step, actor: .system)
            }
            let record = try #require(try await records().first)
            #expect(record.action == "storage-key.\(step.rawValue)")
            #expect(record.outcome == "refused: \(StorageKeyRefusal.unknown)")
        }
    }

    @Test func `a rewrap is on record, whatever was left to do`() async throws {
        _ = try await manager.rewrapAll(by: KeyWorker(actor: .system)) { _ in }
        let record = try #require(try await records().first)
        #expect(record.action == "storage-key.rewrap" && record.outcome == "0 rewrapped, 0 do not open")
    }
}

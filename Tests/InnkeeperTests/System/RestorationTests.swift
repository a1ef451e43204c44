import Foundation
import Installations
import SQLiteStore
import Sealing
import Store
import TestSupport
import Testing

@testable import Innkeeper

@Suite struct RestorationTests {
    private let test: TestStore
    private let target: String

    init() throws {
        test = try TestStore()
        target = test.directory.path + "/target"
    }

    private func backUp(_ files: [BackupFile] = []) async throws -> String {
        let file = test.directory.path + "/a.backup"
        _ = try await test.backUp(to: file, with: files)
        return file
    }

    private func restore(
        _ file: String, keys: String? = nil, unverified: Bool = false
    ) async throws -> Restoration.Restored {
        let keys = keys ?? test.directory.path + "/keys"
        return try await Restoration(
            file: file, directory: DataDirectory(path: target), mayWait: unverified, keysDirectory: { _ in keys },
            now: TestClock().now
        ).run()
    }

    /// The first opening with the keys.
    private func complete() async throws {
        let keys = test.directory.path + "/keys"
        let pending = PendingRestore(
            directory: DataDirectory(path: target), keysDirectory: keys, now: TestClock().now)
        try await pending.complete(try ProcessLock(path: target + "/innkeeper.lock")) { _ in keys }
    }

    /// Changes a byte, and makes the digest fit that needs no key.
    private func forge(_ file: String) throws {
        var bytes = [UInt8](try Data(contentsOf: URL(filePath: file)))
        let pages = bytes.count - 178
        bytes[pages / 2] ^= 1
        let stream = StreamDigest()
        bytes[..<pages].withUnsafeBytes { stream.update($0) }
        bytes.replaceSubrange(bytes.count - 64..<bytes.count - 32, with: stream.finish().bytes)
        try Data(bytes).write(to: URL(filePath: file))
    }

    /// What lies around the place of the restore.
    private func entries() throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: test.directory.path).sorted()
    }

    @Test func `files of the backup are put where they were`() async throws {
        let manifest = BackupFile(name: "addons/a.json", bytes: Array(TestPlatform.manifest.utf8))
        let restored = try await restore(try await backUp([manifest]))
        #expect(restored.missing.isEmpty && restored.isSealChecked)
        #expect(try Data(contentsOf: URL(filePath: target + "/addons/a.json")) == Data(manifest.bytes))
    }

    @Test(arguments: ["addons/../../escaped.json", "../escaped.json", "/tmp/innkeeper-escaped.json", "keys/x.key"])
    func `a name that leads out of the deployment is refused and nothing is put in place`(name: String) async throws {
        let file = try await backUp([BackupFile(name: name, bytes: [1])])
        let before = try entries()
        await #expect(throws: StartupError.self) { try await restore(file) }
        #expect(try entries() == before)
        #expect(!FileManager.default.fileExists(atPath: "/tmp/innkeeper-escaped.json"))
    }

    @Test func `keys that wait in the data directory stay there`() async throws {
        try FileManager.default.createDirectory(
            atPath: target, withIntermediateDirectories: false, attributes: [.posixPermissions: 0o700])
        try FileManager.default.copyItem(atPath: test.directory.path + "/keys", toPath: target + "/keys")
        let restored = try await restore(try await backUp(), keys: target + "/keys")
        #expect(restored.missing.isEmpty)
        let id = try #require(test.keyring.ids.first)
        #expect(FileManager.default.fileExists(atPath: "\(target)/keys/\(id).key"))
        #expect(FileManager.default.fileExists(atPath: target + "/innkeeper.sqlite"))
        #expect(try entries().filter { $0.contains(".new-") } == [])
    }

    @Test func `a directory with anything else in it is left as it is`() async throws {
        try FileManager.default.createDirectory(atPath: target + "/other", withIntermediateDirectories: true)
        let file = try await backUp()
        await #expect(throws: StartupError.self) { try await restore(file) }
        #expect(try FileManager.default.contentsOfDirectory(atPath: target) == ["other"])
    }

    @Test func `another key under the needed id is refused and nothing is put in place`() async throws {
        let file = try await backUp()
        let id = try #require(test.keyring.ids.first)
        let path = "\(test.directory.path)/keys/\(id).key"
        let text = try String(contentsOfFile: path, encoding: .utf8)
        let other = text.replacing(#/[0-9a-f]{64}/#, with: String(repeating: "a", count: 64))
        try Data(other.utf8).write(to: URL(filePath: path))
        let error = await #expect(throws: StartupError.self) { try await restore(file) }
        #expect(try #require(error).exitCode == 78)
        #expect(!FileManager.default.fileExists(atPath: target))
    }

    @Test func `without the key it is refused, the file is named, and nothing is put in place`() async throws {
        let file = try await backUp()
        let before = try entries()
        let none = test.directory.path + "/none"
        let error = await #expect(throws: StartupError.self) { try await restore(file, keys: none) }
        let id = try #require(test.keyring.ids.first)
        #expect("\(try #require(error))".contains("\(none)/\(id).key") && error?.exitCode == 78)
        #expect(try entries() == before)
    }

    @Test func `unverified it waits unopened, and the first opening checks it and notes the restore`() async throws {
        let manifest = BackupFile(name: "addons/a.json", bytes: Array(TestPlatform.manifest.utf8))
        let file = try await backUp([manifest])
        let restored = try await restore(file, keys: test.directory.path + "/none", unverified: true)
        #expect(restored.missing == test.keyring.ids && !restored.isSealChecked && !restored.isComplete)
        let names = try FileManager.default.contentsOfDirectory(atPath: target).sorted()
        #expect(names == ["addons", "innkeeper.restore", "keys"])
        #expect(try FileManager.default.contentsOfDirectory(atPath: target + "/addons") == [])

        try await complete()
        #expect(!FileManager.default.fileExists(atPath: target + "/innkeeper.restore"))
        #expect(try Data(contentsOf: URL(filePath: target + "/addons/a.json")) == Data(manifest.bytes))
        let store = Store(
            over: try SQLiteStore(
                path: target + "/innkeeper.sqlite", lock: try ProcessLock(path: target + "/lock2"),
                keyring: test.keyring))
        let page = try await store.auditRecords(since: nil, of: nil, page: PageRequest())
        #expect(page.items.contains { $0.entry.action == AuditAction.restore.rawValue })
    }

    @Test func `a directory that an older version left in it is no part of it, and stays`() async throws {
        _ = try await restore(try await backUp(), keys: test.directory.path + "/none", unverified: true)
        try FileManager.default.createDirectory(atPath: target + "/spool", withIntermediateDirectories: false)
        try await complete()
        #expect(FileManager.default.fileExists(atPath: target + "/innkeeper.sqlite"))
        #expect(try FileManager.default.contentsOfDirectory(atPath: target + "/spool") == [])
    }

    @Test func `an edited one that waited is refused at its first opening, and nothing of it is used`() async throws {
        let file = try await backUp()
        try forge(file)
        _ = try await restore(file, keys: test.directory.path + "/none", unverified: true)
        for _ in 0..<2 {
            let error = await #expect(throws: BackupOpenError.self) { try await complete() }
            #expect("\(try #require(error))".contains("changed"))
            let names = try FileManager.default.contentsOfDirectory(atPath: target)
            #expect(!names.contains { $0.contains("sqlite") } && names.contains("innkeeper.restore"))
        }
    }

    @Test func `with its key an edited one is refused, unverified or not`() async throws {
        let file = try await backUp()
        try forge(file)
        for unverified in [false, true] {
            let error = await #expect(throws: StartupError.self) { try await restore(file, unverified: unverified) }
            #expect("\(try #require(error))".contains("changed"))
            #expect(!FileManager.default.fileExists(atPath: target))
        }
    }

    @Test func `what a crash left of the first opening is done again, and a finished one is not`() async throws {
        let file = try await backUp()
        _ = try await restore(file, keys: test.directory.path + "/none", unverified: true)
        // In the middle of the copy.
        for name in ["innkeeper.restore.sqlite", "innkeeper.restore.sqlite-wal", "addons/a.json.partial"] {
            try Data("half".utf8).write(to: URL(filePath: "\(target)/\(name)"))
        }
        try await complete()
        let names = try FileManager.default.contentsOfDirectory(atPath: target)
        #expect(!names.contains { $0.hasPrefix("innkeeper.restore") }, "\(names)")
        // Before the backup was removed: the store in place may have gone on.
        let store = try Data(contentsOf: URL(filePath: target + "/innkeeper.sqlite"))
        try FileManager.default.copyItem(atPath: file, toPath: target + "/innkeeper.restore")
        try await complete()
        #expect(!FileManager.default.fileExists(atPath: target + "/innkeeper.restore"))
        #expect(try Data(contentsOf: URL(filePath: target + "/innkeeper.sqlite")) == store)
    }
}

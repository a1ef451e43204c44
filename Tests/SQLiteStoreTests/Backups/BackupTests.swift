import Foundation
import GRDB
import Installations
import Sealing
import TestSupport
import Testing

@testable import SQLiteStore
@testable import Store

@Suite struct BackupTests {
    private let test: TestStore
    private let platform: TestPlatform
    private let file: String
    private let restored: String

    init() throws {
        test = try TestStore()
        platform = try TestPlatform()
        file = test.directory.path + "/a.backup"
        restored = test.directory.path + "/restored.sqlite"
    }

    private func install(_ workspace: String) async throws {
        let id = try platform.id(workspace)
        _ = try await test.store.perform(platform.call(id, try platform.install(id), at: TestClock().now))
    }

    @discardableResult
    private func backUp(
        _ path: String? = nil, _ files: [BackupFile] = []
    ) async throws -> (backup: Backup, manifest: BackupManifest) {
        try await test.backUp(to: path ?? file, with: files)
    }

    @discardableResult
    private func open(_ path: String? = nil, at target: String? = nil) throws -> BackupCopy {
        try SealedBackup(file: path ?? file).open(at: target ?? restored, with: test.keyring)
    }

    private func schema(_ path: String) throws -> [String] {
        try DatabaseQueue(path: path).read { db in
            try String.fetchAll(db, sql: "SELECT ifnull(sql, name) FROM sqlite_schema ORDER BY type, name")
        }
    }

    /// Changes a backup with SQL, and gives it a new seal: under a key of one's own, as somebody without the deployment's
    /// key can, or under the deployment's, so that what comes after the seal is tried.
    private func tamper(_ sql: String, under key: MACKey? = nil) throws {
        let bytes = try Data(contentsOf: URL(filePath: file))
        let edited = test.directory.path + "/edited"
        try bytes.dropLast(BackupSeal.size).write(to: URL(filePath: edited))
        let queue = try DatabaseQueue(path: edited)
        try queue.write { db in try db.execute(sql: sql) }
        try queue.close()
        let stream = StreamDigest()
        let pages = try Data(contentsOf: URL(filePath: edited))
        pages.withUnsafeBytes { stream.update($0) }
        let wrappedKey = try #require(BackupSeal(Array(bytes.suffix(BackupSeal.size)))?.wrappedKey)
        let seal = BackupSeal(of: stream.finish(), wrappedKey, under: key ?? .random())
        try (pages + Data(seal.bytes)).write(to: URL(filePath: file))
    }

    @Test func `a backup is one file that opens without a log beside it`() async throws {
        try await install("ws1")
        let (backup, manifest) = try await backUp(file, [BackupFile(name: "innkeeper.json", bytes: [1, 2])])
        let attributes = try FileManager.default.attributesOfItem(atPath: file)
        #expect(attributes[.size] as? Int64 == backup.bytes)
        #expect(try names() == ["a.backup", "keys", "lock", "store.sqlite", "store.sqlite-shm", "store.sqlite-wal"])

        let copy = try open()
        #expect(copy.manifest.auditNumber == 2 && copy.manifest.installations == 1)
        #expect(copy.manifest.keys == test.keyring.ids && manifest.keys == test.keyring.ids)
        #expect(copy.files.map(\.name) == ["innkeeper.json"] && copy.files.map(\.bytes) == [[1, 2]])
        try copy.unpack()
        #expect(try schema(restored) == schema(test.file))
        #expect(!FileManager.default.fileExists(atPath: restored + "-wal"))
        let store = Store(
            over: try SQLiteStore(
                path: restored, lock: try ProcessLock(path: test.directory.path + "/lock2"), keyring: test.keyring))
        #expect(try await store.installation(platform.id("ws1"))?.status == .active)
        try await store.recordRestore(of: backup, manifest, actor: .system, at: TestClock().now)
        guard case .intact(records: 3, _) = try await store.verifyAudit(against: nil) else {
            Issue.record("the chain does not go on from the backup's head")
            return
        }
    }

    /// What is in the store's directory.
    private func names() throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: test.directory.path).sorted()
    }

    @Test func `a draft has no name, and goes with whoever holds it`() async throws {
        let before = try names()
        let draft = try await test.store.draftBackup(with: [], program: "test", at: TestClock().now)
        #expect(try names() == before)
        #expect(try await draft.read(16, from: 0) == Array("SQLite format 3\0".utf8))
        await #expect(throws: BackupError.self) { try await draft.read(1, from: draft.bytes) }
    }

    @Test func `what a crash left of a draft goes at the next start, and before the next one`() async throws {
        for ending in ["", "-journal"] { try Data("half".utf8).write(to: URL(filePath: test.file + ".draft" + ending)) }
        _ = try SQLiteStore(
            path: test.file, lock: try ProcessLock(path: test.directory.path + "/lock2"), keyring: test.keyring)
        #expect(try !names().contains { $0.contains("draft") })
        try Data("half".utf8).write(to: URL(filePath: test.file + ".draft"))
        try await backUp()
        #expect(try !names().contains { $0.contains("draft") })
    }

    @Test func `a draft that would take what webhooks need is not begun`() async throws {
        let test = try TestStore(minFreeBytes: .max)
        let error = await #expect(throws: BackupError.self) { try await test.backUp(to: file) }
        guard case .noRoom(let needed, let spare) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(needed > 50_000 && needed < 5_000_000 && spare < 0)
        #expect(!FileManager.default.fileExists(atPath: test.file + ".draft"))
    }

    @Test func `a full disk leaves no draft`() async throws {
        guard let directory = try TemporaryDirectory(mebibytes: 4) else { return }
        let test = try TestStore(in: directory)
        try directory.fill()
        await #expect(throws: BackupError.self) { try await test.backUp(to: file) }
        #expect(!FileManager.default.fileExists(atPath: test.file + ".draft"))
        try directory.empty()
        _ = try await test.backUp(to: file)
    }

    @Test func `a draft that nobody waits for is ended`() async throws {
        let test = test
        let making = Task {
            withUnsafeCurrentTask { $0?.cancel() }
            return try await test.store.draftBackup(with: [], program: "test", at: TestClock().now)
        }
        await #expect(throws: BackupError.self) { try await making.value }
        #expect(!FileManager.default.fileExists(atPath: test.file + ".draft"))
    }

    @Test func `the snapshot is consistent while writers go on`() async throws {
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { for number in 0..<60 { try await install("ws\(number)") } }
            for number in 0..<5 {
                tasks.addTask {
                    let path = "\(test.directory.path)/\(number)"
                    let (_, manifest) = try await backUp(path + ".backup")
                    let copy = try open(path + ".backup", at: path + ".sqlite")
                    try copy.unpack()
                    let store = Store(
                        over: try SQLiteStore(
                            path: path + ".sqlite", lock: try ProcessLock(path: path + ".lock"), keyring: test.keyring))
                    guard case .intact(let records, let head) = try await store.verifyAudit(against: nil) else {
                        Issue.record("the copy's chain is broken")
                        return
                    }
                    #expect(records == manifest.auditNumber && head == manifest.auditHash)
                    let batch = try await store.verify(.values, in: NumberRange(), limit: 1000, at: TestClock().now)
                    #expect(Int64(batch.installations) == manifest.installations && batch.damaged.isEmpty)
                }
            }
            try await tasks.waitForAll()
        }
    }

    @Test(arguments: [100, 5000, -200, -60, -10, -1])
    func `a flipped bit is damage, wherever it is`(offset: Int) async throws {
        try await install("ws1")
        try await backUp()
        var bytes = try Data(contentsOf: URL(filePath: file))
        bytes[offset < 0 ? bytes.count + offset : offset] ^= 1
        try bytes.write(to: URL(filePath: file))
        #expect(throws: BackupOpenError.self) {
            try open()
        }
    }

    @Test func `a file that was cut short, and one that is something else, are no backups`() async throws {
        try await backUp()
        let bytes = try Data(contentsOf: URL(filePath: file))
        for (number, other) in [bytes.dropLast(100), Data(), Data("SQLite format 3".utf8)].enumerated() {
            try other.write(to: URL(filePath: file))
            #expect(throws: BackupOpenError.self) { try open(at: restored + "\(number)") }
        }
        #expect(throws: BackupOpenError.self) { try open(test.directory.path) }
    }

    @Test func `an edit with a new digest does not fit the seal`() async throws {
        try await install("ws1")
        try await backUp()
        try tamper("UPDATE installation SET api_url = 'https://evil.example'")
        let error = #expect(throws: BackupOpenError.self) { try open() }
        #expect("\(try #require(error))".contains("seal"))
        #expect(!FileManager.default.fileExists(atPath: restored), "it is known before a byte is copied")
    }

    @Test func `a wrapped key of another storage key or another place is refused`() async throws {
        try await backUp()
        let bytes = try Data(contentsOf: URL(filePath: file))
        let seal = try #require(BackupSeal(Array(bytes.suffix(BackupSeal.size))))
        let (mine, stranger) = (try test.keyring.key(try #require(test.keyring.ids.first)), StorageKey.random())
        let deployment = DeploymentKey.random()
        for wrapped in [
            // Whoever forges has keys of his own, but none under this storage key for this place.
            stranger.wrap(deployment, in: DeploymentKeys.context(.current)),
            mine.wrap(deployment, in: SealingContext(purpose: "another", place: [])),
        ] {
            let forged = BackupSeal(of: seal.digest, wrapped, under: DeploymentKeys(deployment, .current).backups)
            try (bytes.dropLast(BackupSeal.size) + Data(forged.bytes)).write(to: URL(filePath: file))
            #expect(throws: BackupOpenError.self) { try open() }
            #expect(!FileManager.default.fileExists(atPath: restored))
        }
    }

    /// Puts the seal of the version before in place of this one's.
    private func makeFirstForm(under key: MACKey) throws {
        let bytes = try Data(contentsOf: URL(filePath: file))
        let seal = try #require(BackupSeal(Array(bytes.suffix(BackupSeal.size))))
        let mac = key.digest(of: seal.digest.bytes)
        let first = Data("innkeeper-backup-seal-1\n".utf8) + seal.digest.bytes + mac.bytes
        try (bytes.dropLast(seal.count) + first).write(to: URL(filePath: file))
    }

    @Test func `a backup of the first form opens when its seal fits, and only then`() async throws {
        try await backUp()
        try makeFirstForm(under: test.engine.keys.backups)
        #expect(try SealedBackup(file: file).storageKey == nil)
        #expect(try open().manifest.keys == test.keyring.ids)
        try makeFirstForm(under: .random())
        let error = #expect(throws: BackupOpenError.self) { try open(at: restored + "2") }
        #expect("\(try #require(error))".contains("seal"))
    }

    @Test func `a seal of the second form is none of the first`() async throws {
        try await backUp()
        // The second form's digests behind the first's magic.
        let bytes = try Data(contentsOf: URL(filePath: file))
        let first = Data("innkeeper-backup-seal-1\n".utf8) + bytes.suffix(64)
        try (bytes.dropLast(BackupSeal.size) + first).write(to: URL(filePath: file))
        let error = #expect(throws: BackupOpenError.self) { try open() }
        #expect("\(try #require(error))".contains("seal"))
    }

    @Test func `a backup that is kept is the same, byte for byte`() async throws {
        try await backUp()
        try SealedBackup(file: file).keep(at: restored)
        #expect(try Data(contentsOf: URL(filePath: restored)) == Data(contentsOf: URL(filePath: file)))
    }

    @Test func `a trigger that was added is found in a backup of the first form`() async throws {
        try await backUp()
        let key = test.engine.keys.backups
        try tamper("CREATE TRIGGER evil AFTER INSERT ON audit BEGIN DELETE FROM installation; END", under: key)
        try makeFirstForm(under: key)
        let error = #expect(throws: BackupOpenError.self) { try open() }
        #expect("\(try #require(error))".contains("tables"))
    }

    @Test(arguments: [
        "UPDATE backup_manifest SET format = 2", "UPDATE backup_manifest SET schema = 'v999_later'",
        "UPDATE backup_manifest SET keys = '0123456789abcdef'", "DROP TABLE backup_manifest",
        "DELETE FROM backup_manifest",
    ])
    func `a manifest that does not fit is refused`(change: String) async throws {
        try await backUp()
        try tamper(change, under: test.engine.keys.backups)
        #expect(throws: BackupOpenError.self) { try open() }
    }

    @Test func `a recorded backup is found by the key it needs, and the list stays bounded`() async throws {
        let (first, other) = (try #require(test.keyring.ids.first), StorageKey.random())
        try await test.store.addStorageKey(other, actor: .system, at: TestClock().now)
        #expect(try await test.store.newestBackup(needing: first)?.path == nil)
        try await backUp()
        #expect(try await test.store.newestBackup(needing: first)?.path == file)
        #expect(try await test.store.newestBackup(needing: other.id)?.path == nil)
        try await test.engine.pool.write { db in
            for number in 1...250 {
                try BackupRows.record(
                    Backup(madeAt: TestClock().now, path: "/\(number)", bytes: 1, keys: [other.id]), db)
            }
        }
        #expect(try await test.store.newestBackup(needing: first)?.path == file, "the only one that needs it is kept")
        #expect(try await test.store.newestBackup(needing: other.id)?.path == "/250")
        let count = try await test.engine.pool.read { db in try Int.fetchOne(db, sql: "SELECT count(*) FROM backup") }
        #expect(count == BackupRows.kept + 1)
    }
}

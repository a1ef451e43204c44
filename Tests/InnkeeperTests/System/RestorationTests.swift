import Foundation
import Installations
import SQLiteStore
import Sealing
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
        _ = try await test.store.backUp(to: file, with: files, program: "test", actor: .system, at: TestClock().now)
        return file
    }

    private func restore(_ file: String, keys: String? = nil) async throws -> Restoration.Restored {
        let keys = keys ?? test.directory.path + "/keys"
        return try await Restoration(
            file: file, directory: DataDirectory(path: target), keysDirectory: { _ in keys }, now: TestClock().now
        ).run()
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

    @Test func `a missing key is named, and the rest is put in place`() async throws {
        let restored = try await restore(try await backUp(), keys: test.directory.path + "/none")
        #expect(restored.missing == test.keyring.ids && !restored.isSealChecked)
        #expect(FileManager.default.fileExists(atPath: target + "/innkeeper.sqlite"))
    }
}

import Foundation
import GRDB
import Glibc
import Installations
import TestSupport
import Testing

@testable import SQLiteStore
@testable import Store

/// What happens when the files are moved, deleted or replaced while they are open.
@Suite struct OpenFilesTests {
    private let test: TestStore
    private let platform: TestPlatform
    private let clock = TestClock()

    init() throws {
        test = try TestStore()
        platform = try TestPlatform()
    }

    /// What somebody does to the files.
    enum Deed: CaseIterable {
        case moveDatabase, deleteDatabase, replaceDatabase, deleteLog, replaceLog, moveDirectory, replaceDirectory

        func happen(to file: String) throws {
            let files = FileManager.default
            let directory = String(file.dropLast("/store.sqlite".count))
            switch self {
            case .moveDatabase: try files.moveItem(atPath: file, toPath: file + ".aside")
            case .deleteDatabase: try files.removeItem(atPath: file)
            case .replaceDatabase: try replace(file)
            case .deleteLog: try files.removeItem(atPath: file + "-wal")
            case .replaceLog: try replace(file + "-wal")
            case .moveDirectory: try files.moveItem(atPath: directory, toPath: directory + ".aside")
            case .replaceDirectory:
                try files.moveItem(atPath: directory, toPath: directory + ".aside")
                try files.copyItem(atPath: directory + ".aside", toPath: directory)
            }
        }

        private func replace(_ path: String) throws {
            try FileManager.default.copyItem(atPath: path, toPath: path + ".new")
            guard rename(path + ".new", path) == 0 else { throw CocoaError(.fileWriteUnknown) }
        }
    }

    /// The store's directory is one below the temporary one, so that it can be moved.
    private func store() throws -> (Store, String) {
        let directory = test.directory.path + "/data"
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: false)
        try test.store.close()
        let file = directory + "/store.sqlite"
        try FileManager.default.copyItem(atPath: test.file, toPath: file)
        let lock = try ProcessLock(path: test.directory.path + "/lock2")
        return (Store(over: try SQLiteStore(path: file, lock: lock, keyring: test.keyring)), file)
    }

    private func install(_ workspace: String, _ store: Store) async throws {
        let id = try platform.id(workspace)
        _ = try await store.perform(platform.call(id, try platform.install(id), at: clock.now))
    }

    /// What lies around a file, and what is in it.
    private func contents(_ directory: String) throws -> [String: Data?] {
        var contents: [String: Data?] = [:]
        for name in try FileManager.default.subpathsOfDirectory(atPath: directory) where !name.hasSuffix("-shm") {
            contents[name] = .some(FileManager.default.contents(atPath: "\(directory)/\(name)"))
        }
        return contents
    }

    @Test(arguments: Deed.allCases)
    func `nothing is acknowledged after it, and nothing cleaned up`(deed: Deed) async throws {
        let (store, file) = try store()
        try await install("ws1", store)
        #expect(await store.condition() == nil)
        try deed.happen(to: file)
        let before = try contents(test.directory.path)

        let error = await #expect(throws: StoreError.self) { try await install("ws2", store) }
        // That a log is another shows only after the commit into it.
        let isLog = deed == .deleteLog || deed == .replaceLog
        #expect("\(try #require(error))".contains(isLog ? "is not known" : "moved, deleted or replaced"))
        #expect(await store.condition() == .gone && !store.sqlite.takesWrites)
        store.sqlite.logTruncator.request()
        await store.sqlite.logTruncator.truncate()
        #expect(throws: StoreError.self) { try store.close() }
        if deed != .deleteLog && deed != .replaceLog {
            #expect(try contents(test.directory.path) == before)
        }
        #expect(throws: StoreError.self) { try store.close() }
    }

    @Test(arguments: Deed.allCases)
    func `what is done while a commit is under way is known before its answer`(deed: Deed) async throws {
        let (store, file) = try store()
        let error = await #expect(throws: StoreError.self) {
            try await store.sqlite.write { db in
                try db.execute(sql: "UPDATE installation SET updated_at = 1")
                try deed.happen(to: file)
            }
        }
        guard case .outcomeUnknown = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(await store.condition() == .gone && !store.sqlite.takesWrites)
    }

    @Test(arguments: Deed.allCases)
    func `what was done while nobody wrote is known before the close`(deed: Deed) async throws {
        let (store, file) = try store()
        try await install("ws1", store)
        try deed.happen(to: file)
        let before = try contents(test.directory.path)
        #expect(throws: StoreError.self) { try store.close() }
        #expect(try contents(test.directory.path) == before)
    }

    @Test func `a file that grows meanwhile is in its place for whoever looks`() async throws {
        let file = try TemporaryDirectory()
        let path = file.path + "/store.sqlite"
        for name in [path, path + "-wal"] { try Data([0]).write(to: URL(filePath: name)) }
        let files = try #require(OpenFiles(path: path))
        try await withThrowingTaskGroup(of: Bool.self) { group in
            group.addTask {
                for length in 2..<4000 where truncate(path, length) != 0 { return false }
                return true
            }
            for _ in 0..<2 { group.addTask { (0..<4000).allSatisfy { _ in files.isDatabaseInPlace } } }
            for try await isSound in group { #expect(isSound) }
        }
        #expect(truncate(path, 1) == 0 && !files.isDatabaseInPlace)
    }

    @Test func `into a file that was made shorter nothing is acknowledged`() async throws {
        let (store, file) = try store()
        try await install("ws1", store)
        try await store.sqlite.pool.writeWithoutTransaction { db in
            try db.execute(sql: "PRAGMA wal_checkpoint(TRUNCATE)")
        }
        #expect(truncate(file, 0) == 0)
        await #expect(throws: StoreError.self) { try await install("ws2", store) }
        #expect(await store.condition() == .gone && !store.sqlite.takesWrites)
    }

    @Test func `without the lock, which another process may have made anew, nothing is acknowledged`() async throws {
        let (store, _) = try store()
        try await install("ws1", store)
        #expect(unlink(test.directory.path + "/lock2") == 0)
        await #expect(throws: StoreError.self) { try await install("ws2", store) }
        #expect(await store.condition() == .gone && !store.sqlite.takesWrites)
        #expect(throws: StoreError.self) { try store.close() }
    }

    @Test func `events that were acknowledged before are there when the file is put back`() async throws {
        let (store, file) = try store()
        for number in 0..<5 { try await install("ws\(number)", store) }
        try FileManager.default.moveItem(atPath: file, toPath: file + ".aside")
        #expect(throws: StoreError.self) { try store.close() }
        try FileManager.default.moveItem(atPath: file + ".aside", toPath: file)

        let again = Store(
            over: try SQLiteStore(
                path: file, lock: try ProcessLock(path: test.directory.path + "/lock3"), keyring: test.keyring))
        for number in 0..<5 { #expect(try await again.installation(platform.id("ws\(number)"))?.status == .active) }
    }
}

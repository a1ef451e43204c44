import Foundation
import GRDB
import TestSupport
import Testing

@testable import SQLiteStore
@testable import Store

/// A database that is not what the deployment had.
@Suite struct DatabaseFileTests {
    private let test: TestStore

    init() throws {
        test = try TestStore()
        try test.store.close()
        // What was acknowledged and did not reach the file.
        try Data("log".utf8).write(to: URL(filePath: test.file + "-wal"))
    }

    private func refused(_ loss: DatabaseLoss, sourceLocation: SourceLocation = #_sourceLocation) throws {
        let lock = try ProcessLock(path: test.directory.path + "/lock2")
        let names = try FileManager.default.contentsOfDirectory(atPath: test.directory.path).sorted()
        let error = #expect(throws: StoreOpenError.self, sourceLocation: sourceLocation) {
            _ = try SQLiteStore(path: test.file, lock: lock, keyring: test.keyring)
        }
        guard case .lost(test.file, loss) = error else {
            Issue.record("\(String(describing: error))", sourceLocation: sourceLocation)
            return
        }
        #expect(
            try FileManager.default.contentsOfDirectory(atPath: test.directory.path).sorted() == names,
            sourceLocation: sourceLocation)
        #expect(
            FileManager.default.contents(atPath: test.file + "-wal") == Data("log".utf8), sourceLocation: sourceLocation
        )
    }

    @Test func `one that is gone is not made anew, and its log stays`() throws {
        try FileManager.default.removeItem(atPath: test.file)
        try refused(.missing)
    }

    @Test func `an empty one is not filled`() throws {
        try Data().write(to: URL(filePath: test.file))
        try refused(.empty)
    }

    @Test func `another program's is left as it is`() throws {
        try FileManager.default.removeItem(atPath: test.file)
        let other = test.directory.path + "/other ?#%.sqlite"
        let queue = try DatabaseQueue(path: other)
        try queue.write { db in try db.execute(sql: "CREATE TABLE theirs (a)") }
        try queue.close()
        try FileManager.default.moveItem(atPath: other, toPath: test.file)
        let before = FileManager.default.contents(atPath: test.file)
        try refused(.foreign)
        #expect(FileManager.default.contents(atPath: test.file) == before)
    }

    @Test func `what is no database at all is left as it is`() throws {
        try Data(repeating: 7, count: 10_000).write(to: URL(filePath: test.file))
        try refused(.foreign)
        try FileManager.default.removeItem(atPath: test.file)
        try FileManager.default.createDirectory(atPath: test.file, withIntermediateDirectories: false)
        try refused(.notAFile)
    }

    @Test func `a path with characters of its own is looked at as it is`() throws {
        let path = test.directory.path + "/a ?b#c%20d.sqlite"
        try FileManager.default.copyItem(atPath: test.file, toPath: path)
        #expect(throws: Never.self) { try SQLiteStore.checkFile(path) }
    }
}

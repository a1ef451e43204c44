import Foundation
import Installations
import Sealing
import Store
import TestSupport
import Testing

@testable import SQLiteStore

/// An embedded store that is moved into: what an interruption leaves is in nobody's way.
@Suite struct SQLitePlaceTests {
    private let directory: TemporaryDirectory
    private var path: String { directory.path + "/store.sqlite" }

    private let lock: ProcessLock

    init() throws {
        directory = try TemporaryDirectory()
        lock = try ProcessLock(path: directory.path + "/lock")
    }

    private func place() throws -> SQLitePlace {
        try SQLitePlace(at: path, lock: lock, isNew: true)
    }

    private var files: [String] {
        get throws {
            try FileManager.default.contentsOfDirectory(atPath: directory.path).filter { $0 != "lock" }.sorted()
        }
    }

    @Test(arguments: ["store.sqlite.new", "store.sqlite.new-wal", "store.sqlite.new-journal"])
    func `what was being made when it was interrupted is made anew`(leftover: String) throws {
        try Data(repeating: 1, count: 4096).write(to: URL(filePath: directory.path + "/" + leftover))
        let place = try place()
        #expect(try place.mark() == nil && place.count(of: MovedTable.all[0]) == 0)
        #expect(try files.allSatisfy { !$0.contains(".new") })
        try place.close()
    }

    @Test func `one that no move began to fill goes again, and one that is there stays`() throws {
        var place = try place()
        try place.close()
        #expect(try files == [])
        place = try self.place()
        let mark = MoveMark(id: String(repeating: "0", count: 32), state: .arriving, other: "o", at: .now())
        #expect(try place.replace(nil, by: mark, isFirst: true))
        try place.close()
        #expect(try files.contains("store.sqlite"))
        try self.place().close()
        #expect(try files.contains("store.sqlite"))
    }
}

import Foundation
import GRDB
import Installations
import TestSupport
import Testing

@testable import SQLiteStore
@testable import Store

@Suite struct StoreChecksTests {
    private let test: TestStore
    private let clock = TestClock()

    init() throws { test = try TestStore() }

    private func status(_ name: String) async throws -> Finding.Status {
        try #require(await test.store.findings(at: clock.now).first { $0.name == name }).status
    }

    @Test func `a new store has no findings, and every finding has a fix`() async throws {
        #expect(await test.store.findings(at: clock.now).allSatisfy { $0.status == .ok })
        let far = Timestamp(milliseconds: 1000)
        for finding in await test.store.findings(at: far) where finding.status != .ok { #expect(finding.fix != nil) }
    }

    @Test func `a lock file that was exchanged is a failure`() async throws {
        try Data().write(to: URL(filePath: test.directory.path + "/lock.new"))
        try FileManager.default.removeItem(atPath: test.directory.path + "/lock")
        #expect(try await status("lock") == .fail)
        try FileManager.default.moveItem(
            atPath: test.directory.path + "/lock.new", toPath: test.directory.path + "/lock")
        #expect(try await status("lock") == .fail)
    }

    @Test func `a log far beyond its size is a finding`() async throws {
        #expect(try await status("write-ahead log") == .ok)
        // A hole: the size is what is looked at.
        truncate(test.file + "-wal", Int(SQLiteStore.largestLog) + 4096)
        #expect(try await status("write-ahead log") == .warn)
    }
}

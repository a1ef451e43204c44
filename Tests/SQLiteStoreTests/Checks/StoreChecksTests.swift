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

    private func status(_ name: String, seconds: Int64 = 0) async throws -> Finding.Status {
        let now = Timestamp(milliseconds: clock.now.milliseconds + seconds * 1000)
        return try #require(await test.store.findings(at: now).first { $0.name == name }).status
    }

    @Test func `a new store has no findings, and every finding has a fix`() async throws {
        #expect(await test.store.findings(at: clock.now).allSatisfy { $0.status == .ok })
        let far = Timestamp(milliseconds: 1000)
        for finding in await test.store.findings(at: far) where finding.status != .ok { #expect(finding.fix != nil) }
    }

    @Test func `a clock behind the newest record, or in no plausible year, is a failure`() async throws {
        #expect(try await status("clock", seconds: -59) == .ok)
        #expect(try await status("clock", seconds: -61) == .fail)
        #expect(try await status("clock", seconds: -60 * 365 * 24 * 3600) == .fail)
        #expect(try await status("clock", seconds: 200 * 365 * 24 * 3600) == .fail)
    }

    @Test func `what comes after a clock was put right does not hide that it was ahead`() async throws {
        let fixture = try DeliveryFixture()
        try await fixture.install("ws1")
        fixture.clock.advance(seconds: -86_400)
        try await fixture.install("ws2")
        let finding = await fixture.store.findings(at: fixture.clock.now).first { $0.name == "clock" }
        #expect(finding?.status == .fail)
        fixture.clock.advance(seconds: 86_400)
        let later = await fixture.store.findings(at: fixture.clock.now).first { $0.name == "clock" }
        #expect(later?.status == .ok)
    }

    @Test func `a backup is asked for after seven days`() async throws {
        let day: Int64 = 24 * 3600
        #expect(try await status("last backup", seconds: 7 * day) == .ok)
        #expect(try await status("last backup", seconds: 7 * day + 1) == .warn)
        _ = try await test.backUp(to: test.directory.path + "/a.backup", at: clock.now)
        #expect(try await status("last backup", seconds: 7 * day) == .ok)
        #expect(try await status("last backup", seconds: 7 * day + 1) == .warn)
    }

    @Test func `a backup of a clock that was ahead is not called fresh, nor a deployment young`() async throws {
        #expect(try await status("last backup", seconds: -59) == .ok)
        #expect(try await status("last backup", seconds: -61) == .warn)
        _ = try await test.backUp(to: test.directory.path + "/a.backup", at: clock.now)
        #expect(try await status("last backup", seconds: -59) == .ok)
        #expect(try await status("last backup", seconds: -61) == .warn)
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

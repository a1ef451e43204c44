import Foundation
import GRDB
import Installations
import ServiceLifecycleTestKit
import TestSupport
import Testing

@testable import SQLiteStore
@testable import Store

@Suite(.timeLimit(.minutes(1))) struct LogTruncatorTests {
    private let test: TestStore
    private let platform: TestPlatform

    init() throws {
        test = try TestStore()
        platform = try TestPlatform()
    }

    private func perform(_ change: LifecycleChange) async throws {
        _ = try await test.store.perform(platform.call(try platform.id(), change, at: TestClock().now))
    }

    private func logSize() throws -> Int {
        try #require(FileManager.default.contents(atPath: test.file + "-wal")).count
    }

    /// Lets the log truncator do what it was asked for, then ends it.
    private func runEraser() async throws {
        try await testGracefulShutdown { trigger in
            trigger.triggerGracefulShutdown()
            try await test.engine.logTruncator.run()
        }
    }

    @Test func `an install leaves the log to the usual checkpoints`() async throws {
        try await perform(try platform.install(try platform.id()))
        try await runEraser()
        #expect(try logSize() > 0)
    }

    @Test func `after an uninstall the log is empty`() async throws {
        try await perform(try platform.install(try platform.id()))
        try await perform(.deleted)
        #expect(try logSize() > 0)
        try await runEraser()
        #expect(try logSize() == 0)
    }

    @Test func `after a token set was replaced the log is empty`() async throws {
        try await perform(try platform.install(try platform.id(), tokens: "first"))
        try await perform(try platform.install(try platform.id(), tokens: "second"))
        try await runEraser()
        #expect(try logSize() == 0)
    }

    /// A log truncator in a hurry, and a reader that holds the log.
    private func heldLog() async throws -> (LogTruncator, DatabaseSnapshot) {
        try await perform(try platform.install(try platform.id()))
        let reader = try test.engine.pool.makeSnapshot()
        try await perform(.deleted)
        let pace = LogTruncator.Pace(shortest: .milliseconds(1), longest: .milliseconds(1), patience: .zero)
        return (
            LogTruncator(pool: test.engine.pool, health: test.engine.health, files: test.engine.files, pace: pace),
            reader
        )
    }

    @Test func `while a reader holds the log it goes on, says so once, and empties it in the end`() async throws {
        let (logTruncator, reader) = try await heldLog()
        async let truncation: Void = logTruncator.truncate()
        var notices = test.engine.notices.makeAsyncIterator()
        #expect(await notices.next() == .logHeld)
        // Many more tries than it once made before it gave up.
        while logTruncator.tries < 200, !Task.isCancelled { await Task.yield() }
        #expect(logTruncator.overdue != nil)
        #expect(try logSize() > 0)
        try reader.close()
        await truncation
        #expect(try logSize() == 0 && logTruncator.overdue == nil)
        #expect(await notices.next() == .logEmptied)
    }

    @Test func `a shutdown does not wait for the reader`() async throws {
        let (logTruncator, reader) = try await heldLog()
        logTruncator.request()
        try await testGracefulShutdown { trigger in
            trigger.triggerGracefulShutdown()
            try await logTruncator.run()
        }
        #expect(try logSize() > 0)
        try reader.close()
    }

    @Test func `writers are not kept meanwhile`() async throws {
        let (logTruncator, reader) = try await heldLog()
        let truncation = Task { await logTruncator.truncate() }
        while logTruncator.tries < 3, !Task.isCancelled { await Task.yield() }
        let other = try platform.id("ws2")
        _ = try await test.store.perform(platform.call(other, try platform.install(other), at: TestClock().now))
        try reader.close()
        await truncation.value
        #expect(try logSize() == 0)
    }

    @Test func `closing the store empties the log`() async throws {
        try await perform(try platform.install(try platform.id()))
        try test.store.close()
        #expect(try logSize() == 0)
    }
}

import Foundation
import GRDB
import Installations
import ServiceLifecycleTestKit
import TestSupport
import Testing

@testable import SQLiteStore

@Suite struct EraserTests {
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

    /// Lets the eraser do what it was asked for, then ends it.
    private func runEraser() async throws {
        try await testGracefulShutdown { trigger in
            trigger.triggerGracefulShutdown()
            try await test.store.eraser.run()
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

    @Test func `closing the store empties the log`() async throws {
        try await perform(try platform.install(try platform.id()))
        try test.store.close()
        #expect(try logSize() == 0)
    }
}

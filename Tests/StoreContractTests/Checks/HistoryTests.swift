import Installations
import Store
import TestSupport
import Testing

/// What is kept of the time that has passed.
@Suite struct HistoryTests {
    private func counts(
        _ test: StoreUnderTest, _ span: HistorySpan, last: Int64, step: Int64 = 1
    ) async throws -> [Int64] {
        let end = span.number(of: test.now)
        let counts = try await test.store.history(span, in: end - last + 1...end, step: step)
        return counts.filter { $0.series == .accepted }.sorted { $0.number < $1.number }.map(\.count)
    }

    @Test(arguments: EngineUnderTest.allCases)
    func `counts of a minute and of an hour add up, those of several steps too`(engine: EngineUnderTest) async throws {
        let test = try StoreUnderTest(engine)
        for minute in 0..<4 {
            if minute > 0 { test.clock.advance(seconds: 60) }
            for _ in 0..<2 {
                try await test.store.addHistory([.accepted: 5, .refused("signature"): 1], [], at: test.now)
            }
        }
        #expect(try await counts(test, .minute, last: 60) == [10, 10, 10, 10])
        #expect(try await counts(test, .minute, last: 60, step: 60).reduce(0, +) == 40)
        #expect(try await counts(test, .hour, last: 24).reduce(0, +) == 40)
        #expect(try await counts(test, .minute, last: 2) == [10, 10])
        let again = try test.reopened()
        #expect(try await counts(again, .minute, last: 60) == [10, 10, 10, 10])
    }

    @Test(arguments: EngineUnderTest.allCases)
    func `minutes are kept for a day, hours for thirty, and what a clock counted ahead goes`(
        engine: EngineUnderTest
    ) async throws {
        let test = try StoreUnderTest(engine)
        try await test.store.addHistory([.accepted: 1], [], at: test.later(40 * 86_400))
        try await test.store.addHistory([.accepted: 1], [], at: test.now)
        test.clock.advance(seconds: 86_400)
        try await test.store.addHistory([.accepted: 2], [], at: test.now)
        #expect(try await counts(test, .minute, last: 100_000) == [2])
        #expect(try await counts(test, .hour, last: 2000) == [1, 2])
        test.clock.advance(seconds: 29 * 86_400)
        try await test.store.addHistory([.accepted: 3], [], at: test.now)
        #expect(try await counts(test, .hour, last: 2000) == [2, 3])
        test.clock.advance(seconds: 11 * 86_400)
        #expect(try await counts(test, .hour, last: 1) == [])
    }

    @Test(arguments: EngineUnderTest.allCases)
    func `refused calls count for the token set in force, and a reinstall ends them`(
        engine: EngineUnderTest
    ) async throws {
        let test = try StoreUnderTest(engine)
        let (stream, id) = (try await test.install(), try test.id())
        func refused() async throws -> Int64? { try await test.store.installation(id)?.refusedSinceInstall }
        func note(_ count: Int64) async throws {
            let set = try #require(try await test.store.installation(id)).tokenSet
            try await test.store.addHistory(
                [:], [RefusedCalls(installation: stream, tokenSet: set, count: count, lastAt: test.now)], at: test.now)
        }
        #expect(try await refused() == 0)
        try await note(2)
        #expect(try await test.store.recentFacts(at: test.now).mismatched.isEmpty)
        try await note(1)
        #expect(try await refused() == 3)
        let found = try await test.store.recentFacts(at: test.now).mismatched
        #expect(found == [MismatchedInstallation(id: id, count: 3, lastAt: test.now)])
        #expect(
            try await test.store.installations(matching: InstallationFilter(), page: PageRequest()).items
                .map(\.refusedSinceInstall) == [3])
        test.clock.advance(seconds: 61)
        #expect(try await test.store.recentFacts(at: test.now).mismatched.isEmpty)
        try await test.install()
        #expect(try await refused() == 0)
        try await note(1)
        #expect(try await refused() == 1)
        try await test.uninstall()
        #expect(try await refused() == 0)
    }

    @Test(arguments: EngineUnderTest.allCases)
    func `what may need an operator is read at once`(engine: EngineUnderTest) async throws {
        let test = try StoreUnderTest(engine)
        let begun = test.now
        try await test.install()
        try await test.store.addHistory([.dead: 2], [], at: test.now)
        let facts = try await test.store.recentFacts(at: test.now)
        #expect(facts.oldestWaiting == begun && facts.begun != nil && facts.newestBackup == nil)
        #expect(facts.lastHour.map(\.series) == [.dead] && facts.lastHour.map(\.count) == [2])
    }
}

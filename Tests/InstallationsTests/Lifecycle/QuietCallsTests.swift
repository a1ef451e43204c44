import Installations
import Marketplace
import Store
import TestSupport
import Testing

@Suite struct QuietCallsTests {
    private let calls = QuietCalls()
    private let clock = TestClock()
    private let platform: TestPlatform

    init() throws { platform = try TestPlatform() }

    /// Takes calls as a store does. Returns how many got a record of their own.
    private func take(_ count: Int, _ workspace: String, _ decision: LifecycleDecision) throws -> Int {
        var records = 0
        for number in 0..<count {
            let id = try platform.id(workspace, "inst\(number)")
            if calls.admitsRecord(id, at: clock.now) { records += 1 } else { calls.count(id, decision, at: clock.now) }
        }
        return records
    }

    @Test func `the first calls of a workspace are recorded, the others summed up when their time is over`() throws {
        #expect(try take(50, "ws1", .ignore(.unknownInstallation)) == QuietCalls.records)
        #expect(try take(3, "ws1", .refuse) == 0)
        #expect(try take(3, "ws2", .refuse) == 3, "another workspace has records of its own")
        #expect(calls.ended(at: clock.now).isEmpty)
        clock.advance(seconds: 600)
        let entries = calls.ended(at: clock.now).map { $0.entry(at: clock.now) }
        #expect(entries.map(\.subject) == ["test-addon/ws1"])
        #expect(entries.map(\.outcome) == ["43 more calls changed nothing"])
        #expect(entries.map(\.detail) == ["40 ignored: unknown installation, 3 refused: already ended"])
        #expect(calls.ended(at: .distantFuture).isEmpty)
        #expect(try take(50, "ws1", .refuse) == QuietCalls.records, "a new window")
    }

    @Test func `workspaces beyond the bound are counted under their add-on`() throws {
        for number in 0..<QuietCalls.workspaces { #expect(try take(1, "ws\(number)", .refuse) == 1) }
        var records = 0
        for number in 0..<500 { records += try take(1, "other\(number)", .refuse) }
        #expect(records == QuietCalls.records)
        clock.advance(seconds: 600)
        let entries = calls.ended(at: clock.now).map { $0.entry(at: clock.now) }
        #expect(entries.map(\.subject) == ["test-addon"])
        #expect(entries.map(\.outcome) == ["490 more calls changed nothing"])
    }

    @Test func `what could not be written is counted on`() throws {
        #expect(try take(12, "ws1", .refuse) == 10)
        let summaries = calls.ended(at: .distantFuture)
        calls.putBack(summaries, at: clock.now)
        #expect(try take(13, "ws1", .refuse) == 10)
        let entries = calls.ended(at: .distantFuture).map { $0.entry(at: clock.now) }
        #expect(entries.map(\.outcome) == ["5 more calls changed nothing"])
    }

    @Test func `a clock that is put back keeps nothing counted longer than a window`() throws {
        #expect(try take(12, "ws1", .refuse) == QuietCalls.records)
        clock.advance(seconds: -86_400)
        let entries = calls.ended(at: clock.now).map { $0.entry(at: clock.now) }
        #expect(entries.map(\.outcome) == ["2 more calls changed nothing"])
        #expect(try take(12, "ws1", .refuse) == QuietCalls.records)
    }
}

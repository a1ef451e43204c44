import Installations
import TestSupport
import Testing
import Webhooks

@testable import SQLiteStore
@testable import Store

@Suite struct RetentionTests {
    private let fixture: DeliveryFixture

    init() throws { fixture = try DeliveryFixture() }

    @discardableResult
    private func sweep(afterDays days: Int64 = 0) async throws -> SweepResult {
        fixture.clock.advance(seconds: days * 86_400)
        return try await fixture.store.sweep(
            at: fixture.clock.now, retention: EventRetention(days: 7), limit: 100)
    }

    @Test func `under constant traffic the file stops growing`() async throws {
        let stream = try await fixture.install()
        var sizes: [Int] = []
        for _ in 1...40 {
            for _ in 1...5 { try await fixture.append(String(repeating: "x", count: 2000)) }
            while try await fixture.head(stream) != nil { try await fixture.settleHead(stream, .delivered) }
            try await sweep(afterDays: 1)
            sizes.append(try #require(try await fixture.value("PRAGMA page_count", as: Int.self)))
        }
        // A week's rows are there after a week; from then on as many go as come.
        #expect(sizes[39] <= sizes[15] + 2, "\(sizes)")
        #expect(try await fixture.value("SELECT count(*) FROM event", as: Int.self) ?? 0 <= 5 * 8)
    }
}

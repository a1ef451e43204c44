import Installations
import TestSupport
import Testing

@testable import SQLiteStore
@testable import Store

@Suite struct ClockRowsTests {
    @Test func `a clock that goes to and fro does not fill the store`() async throws {
        let fixture = try DeliveryFixture()
        try await fixture.install()
        fixture.clock.advance(seconds: -86_400)
        for _ in 1...1010 {
            await fixture.store.noteClock(at: fixture.later(3600))
            await fixture.store.noteClock(at: fixture.clock.now)
        }
        #expect(try await fixture.value("SELECT count(*) FROM clock_step", as: Int.self) == 1000)
    }
}

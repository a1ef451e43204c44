import Installations
import TestSupport

@testable import Store

extension StoreUnderTest {
    /// Time goes by, and the clock with it.
    func pass(_ seconds: Int64) async {
        await store.noteClock(at: now, uptime: .now)
        clock.advance(seconds: seconds)
        await store.noteClock(at: now, uptime: .now + .seconds(seconds))
    }
}

import Marketplace
import TestSupport
import Testing

@testable import Installations

@Suite struct ChangeRateTests {
    private let rate = ChangeRate(changes: 1)
    private let clock = TestClock()
    private let platform: TestPlatform

    init() throws { platform = try TestPlatform() }

    private func change(_ workspace: String) throws -> LifecycleCall {
        let call = platform.call(try platform.id(workspace, "inst1"), .statusChanged("ACTIVE"), at: clock.now)
        rate.count(call, .setStatus(.active))
        return call
    }

    @Test(arguments: [3_600, 86_400, 400 * 86_400] as [Int64])
    func `a clock that is put back lengthens no window, and ends those of before`(step: Int64) throws {
        for number in 0..<ChangeRate.installations { #expect(try rate.refuses(change("ws\(number)"))) }
        // One more is looked for among those that are over, at most once a second.
        #expect(try !rate.refuses(change("other")))
        clock.advance(seconds: -step)
        #expect(try rate.refuses(change("other")), "there is room for it at once")
    }
}

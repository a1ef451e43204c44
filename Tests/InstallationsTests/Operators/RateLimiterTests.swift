import Testing

@testable import Installations

@Suite struct RateLimiterTests {
    @Test func `a name has its burst, then waits, and other names do not`() {
        let limiter = RateLimiter(perMinute: 60, burst: 3)
        let now = Timestamp(milliseconds: 1_000_000)
        for _ in 0..<3 { #expect(limiter.spend("a", at: now) == nil) }
        #expect(limiter.spend("a", at: now) == 1)
        #expect(limiter.spend("b", at: now) == nil)
        #expect(limiter.spend("a", at: Timestamp(milliseconds: now.milliseconds + 1000)) == nil)
    }

    @Test(arguments: [3_600, 86_400, 400 * 86_400] as [Int64])
    func `a clock that is put back makes nobody wait longer`(step: Int64) {
        let limiter = RateLimiter(perMinute: 60, burst: 3)
        let ahead: Int64 = 40_000_000_000
        for _ in 0..<3 { #expect(limiter.spend("a", at: Timestamp(milliseconds: ahead)) == nil) }
        let right = ahead - step * 1000
        #expect(limiter.spend("a", at: Timestamp(milliseconds: right)) == 1)
        #expect(limiter.spend("a", at: Timestamp(milliseconds: right + 1000)) == nil)
    }

    @Test func `the names kept are bounded, and a name past its rate is not forgotten for it`() {
        let limiter = RateLimiter(perMinute: 60, burst: 2)
        var now: Int64 = 1_000_000
        for number in 0..<5000 {
            now += 10
            _ = limiter.spend("key-\(number)", at: Timestamp(milliseconds: now))
            _ = limiter.spend("busy", at: Timestamp(milliseconds: now))
        }
        #expect(limiter.count <= RateLimiter.maximumBuckets)
        #expect(limiter.spend("busy", at: Timestamp(milliseconds: now)) != nil)
    }
}

import Testing

@testable import OperatorAPI

/// Who tries keys that open nothing waits, and nobody else does.
@Suite struct FailedLoginsTests {
    private let failures = FailedLogins()

    private func exhaust(_ source: String, at now: Int64 = 0) {
        for _ in 1...FailedLogins.most { #expect(failures.take(for: source, at: now) == nil) }
    }

    @Test func `ten within a minute, and then the rest of it is waited for`() {
        exhaust("192.0.2.1", at: 5000)
        #expect(failures.take(for: "192.0.2.1", at: 5000) == 60)
        #expect(failures.take(for: "192.0.2.1", at: 64_001) == 1)
        #expect(failures.take(for: "192.0.2.1", at: 65_000) == nil)
        #expect(failures.take(for: "192.0.2.2", at: 5000) == nil)
    }

    @Test func `what did not fail does not count`() {
        for _ in 1...100 {
            #expect(failures.take(for: "::1", at: 0) == nil)
            failures.giveBack("::1")
        }
    }

    @Test func `an IPv6 network is one source, an IPv4 address written as one is its own`() {
        exhaust("2001:db8:1:2::1")
        #expect(failures.take(for: "2001:db8:1:2:ffff::9", at: 0) != nil)
        #expect(failures.take(for: "2001:db8:1:3::1", at: 0) == nil)
        exhaust("::ffff:192.0.2.7")
        #expect(failures.take(for: "192.0.2.7", at: 0) != nil)
        #expect(failures.take(for: "::ffff:192.0.2.8", at: 0) == nil)
        #expect(failures.take(for: "::1", at: 0) == nil)
    }

    @Test func `who has very many addresses holds back nobody else`() {
        exhaust("192.0.2.1")
        for number in 0..<5000 { _ = failures.take(for: "198.51.\(number / 250).\(number % 250)", at: 0) }
        #expect(failures.take(for: "203.0.113.1", at: 0) == nil)
        #expect(failures.take(for: "192.0.2.1", at: 0) != nil)
    }
}

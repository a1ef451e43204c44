import Installations
import Testing

@testable import Webhooks

@Suite struct CircuitBreakerTests {
    private let start = ContinuousClock.now

    private func later(_ milliseconds: Int64) -> ContinuousClock.Instant { start + .milliseconds(milliseconds) }

    private func opened() -> CircuitBreaker {
        var breaker = CircuitBreaker()
        for installation in InstallationNumber(1)...5 { breaker.fail(installation, at: start, random: 1) }
        return breaker
    }

    @Test func `one workspace that always fails never closes the way for the others`() {
        var breaker = CircuitBreaker()
        for _ in 1...1000 { breaker.fail(7, at: start, random: 1) }
        #expect(breaker.allowance(at: start) == .window(16))
    }

    @Test func `several installations that fail in a row do`() {
        let breaker = opened()
        #expect(breaker.isOpen)
        #expect(breaker.allowance(at: start) == .nothing(until: later(1_000)))
    }

    @Test func `an answer that says "not now" is an answer, but widens nothing`() {
        var breaker = opened()
        breaker.probe(1)
        breaker.succeed(isWelcome: false)
        #expect(breaker.allowance(at: start) == .window(16))
        for _ in 1...100 { breaker.succeed(isWelcome: false) }
        #expect(breaker.allowance(at: start) == .window(16))
    }

    @Test func `a success between them does not let it come to that`() {
        var breaker = CircuitBreaker()
        for installation in InstallationNumber(1)...4 { breaker.fail(installation, at: start, random: 1) }
        breaker.succeed()
        for installation in InstallationNumber(5)...8 { breaker.fail(installation, at: start, random: 1) }
        #expect(!breaker.isOpen)
    }

    @Test func `after the pause one probe goes out, and only one`() {
        var breaker = opened()
        #expect(breaker.allowance(at: later(999)) == .nothing(until: later(1_000)))
        #expect(breaker.allowance(at: later(1_000)) == .probe)
        breaker.probe(1)
        #expect(breaker.allowance(at: later(5_000)) == .nothing(until: nil))
    }

    @Test func `a probe that fails doubles the pause, up to half a minute`() {
        var breaker = opened()
        var now = later(1_000)
        for expected in [2_000, 4_000, 8_000, 16_000, 30_000, 30_000] as [Int64] {
            breaker.probe(1)
            breaker.fail(1, at: now, random: 1)
            let until = now + .milliseconds(expected)
            #expect(breaker.allowance(at: now) == .nothing(until: until))
            now = until
        }
    }

    @Test func `half of a pause is left to chance`() {
        var breaker = CircuitBreaker()
        for installation in InstallationNumber(1)...5 { breaker.fail(installation, at: start, random: 0) }
        #expect(breaker.allowance(at: start) == .nothing(until: later(500)))
    }

    @Test func `a probe that succeeds opens the way, slowly`() {
        var breaker = opened()
        breaker.probe(1)
        breaker.succeed()
        #expect(breaker.allowance(at: start) == .window(16))
        for _ in 1...10 { breaker.succeed() }
        #expect(breaker.allowance(at: start) == .window(26))
        for _ in 1...1000 { breaker.succeed() }
        #expect(breaker.allowance(at: start) == .window(96))
    }

    @Test func `a probe that tells nothing is made again`() {
        var breaker = opened()
        breaker.probe(1)
        breaker.abandonProbe(of: 1, at: later(1_000))
        #expect(breaker.allowance(at: later(1_000)) == .probe)
        var closed = CircuitBreaker()
        closed.abandonProbe(of: 1, at: start)
        #expect(!closed.isOpen)
    }

    @Test func `what was sent before it opened does not lengthen the pause`() {
        var breaker = opened()
        breaker.fail(9, at: later(900), random: 1)
        #expect(breaker.allowance(at: later(1_000)) == .probe)
    }

    @Test func `silence does not open it, and ends a probe`() {
        var breaker = CircuitBreaker()
        for installation in InstallationNumber(1)...100 {
            breaker.fail(installation, isSilent: true, at: start, random: 1)
        }
        #expect(!breaker.isOpen)
        var probing = opened()
        probing.probe(1)
        probing.fail(1, isSilent: true, at: start, random: 1)
        #expect(probing.allowance(at: start) == .nothing(until: later(2_000)))
    }

    @Test func `what fails beside a probe does not speak for it`() {
        var breaker = opened()
        breaker.probe(1)
        breaker.fail(9, at: later(1_000), random: 1)
        breaker.abandonProbe(of: 9, at: later(1_000))
        #expect(breaker.allowance(at: later(60_000)) == .nothing(until: nil))
    }
}

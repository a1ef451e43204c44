package import Installations

/// Keeps a target that is in trouble from being hammered: how many deliveries may be under way to it at once.
///
/// It counts installations, not attempts: a workspace whose events always fail is held back by its own backoff and must
/// not close the way for the others. Only when several installations in a row fail and nobody succeeds is it the target
/// that fails; then nothing is sent but one probe at a time.
///
/// The window opens slowly: it begins small and grows with each success, so that a restart or the end of an outage meets
/// the target with a few requests and not with all there are.
package struct CircuitBreaker: Sendable {
    /// What may be sent now.
    package enum Allowance: Hashable, Sendable {
        /// As many deliveries at once.
        case window(Int)
        /// One delivery, to see whether the target is back.
        case probe
        /// Nothing before this moment; nil while a probe is under way.
        case nothing(until: Timestamp?)
    }

    private enum State: Hashable {
        case closed
        case open(until: Timestamp)
        case probing
    }

    /// Bounds, in milliseconds where they are times.
    package struct Limits: Sendable {
        /// Deliveries under way at once, at most.
        package var largestWindow = 128
        /// At the start.
        package var firstWindow = 4
        /// Installations that fail in a row until the breaker opens.
        package var failingInstallations = 5
        /// The first pause; each further one is twice as long.
        package var firstPause: Int64 = 1_000
        /// The longest pause.
        package var longestPause: Int64 = 30_000

        /// The limits of `serve`.
        package init() {}
    }

    private let limits: Limits
    private var state = State.closed
    private var window: Int
    private var failing: Set<Int64> = []
    /// Pauses in a row.
    private var pauses = 0

    /// A closed breaker.
    package init(limits: Limits = Limits()) {
        self.limits = limits
        window = limits.firstWindow
    }

    /// Whether the target is thought to be in trouble.
    package var isOpen: Bool { state != .closed }

    /// What may be sent now.
    package func allowance(at now: Timestamp) -> Allowance {
        switch state {
        case .closed: .window(window)
        case .open(let until): now < until ? .nothing(until: until) : .probe
        case .probing: .nothing(until: nil)
        }
    }

    /// A probe is on its way.
    package mutating func probe() {
        state = .probing
    }

    /// A delivery had an answer that shows the target alive.
    package mutating func succeed() {
        failing = []
        if state == .closed {
            window = min(window + 1, limits.largestWindow)
        } else {
            (state, window, pauses) = (.closed, limits.firstWindow, 0)
        }
    }

    /// A delivery of `installation` failed.
    package mutating func fail(_ installation: Int64, at now: Timestamp, random: Double) {
        switch state {
        case .closed:
            failing.insert(installation)
            if failing.count >= limits.failingInstallations { pause(now, random) }
        case .probing: pause(now, random)
        case .open: break  // It was sent before the breaker opened; the pause has begun already.
        }
    }

    /// A probe ended without telling anything, such as at a shutdown or when nothing was there to send.
    package mutating func abandonProbe(at now: Timestamp) {
        if state == .probing { state = .open(until: now) }
    }

    private mutating func pause(_ now: Timestamp, _ random: Double) {
        let bound = min(limits.longestPause, limits.firstPause << min(pauses, 20))
        // Half of it is random, so that many processes do not probe in step.
        let length = bound / 2 + Int64(Double(bound / 2) * min(max(random, 0), 1))
        pauses += 1
        failing = []
        state = .open(until: Timestamp(milliseconds: now.milliseconds + length))
    }
}

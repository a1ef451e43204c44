package import Installations

/// Keeps a target that nobody reaches from being hammered: how many deliveries may be begun at once.
///
/// It counts installations, and of those only such as did not reach the target: no connection, or one that was lost. What
/// it says, 503 for example, it says about one workspace, and that workspace's own backoff deals with it; one that gets no
/// answer in time was reached, and the places bound how many of those there are (see `Room`). Only when several
/// installations in a row fail so and nobody gets an answer is it the target that is down; then nothing is sent but one probe at a time, and what belongs to
/// those who were quick before. One answer closes it.
///
/// The window opens slowly: it begins small and grows with each success, so that a restart or the end of an outage meets
/// the target with a few requests and not with all there are.
///
/// Its time is the monotonic clock's: a wall clock that is put right neither lengthens a pause nor ends it.
package struct CircuitBreaker: Sendable {
    /// The clock that pauses go by.
    package typealias Instant = ContinuousClock.Instant

    /// What may be sent now.
    package enum Allowance: Hashable, Sendable {
        /// As many deliveries at once.
        case window(Int)
        /// One delivery, to see whether the target is back.
        case probe
        /// Nothing before this moment; nil while a probe is under way.
        case nothing(until: Instant?)
    }

    private enum State: Hashable {
        case closed
        case open(until: Instant)
        case probing(InstallationNumber)
    }

    /// Bounds.
    package struct Limits: Sendable {
        /// Deliveries under way, at most.
        package var places = 128
        /// Deliveries at once that are begun and not overdue, at the start.
        package var firstWindow = 16
        /// Installations without an answer in a row until the breaker opens.
        package var failingInstallations = 5
        /// The first pause; each further one is twice as long.
        package var firstPause = Duration.seconds(1)
        /// The longest pause.
        package var longestPause = Duration.seconds(30)

        /// The limits of `serve`.
        package init() {}

        /// All that is everybody's: a burst leaves the rest to those who are answered meanwhile.
        var largestWindow: Int { Room(starting: places, places: places).shared }
    }

    private let limits: Limits
    private var state = State.closed
    private var window: Int
    private var failing: Set<InstallationNumber> = []
    /// Pauses in a row.
    private var pauses = 0

    /// A closed breaker.
    package init(limits: Limits = Limits()) {
        self.limits = limits
        window = min(limits.firstWindow, limits.largestWindow)
    }

    /// Whether nobody reaches the target.
    package var isOpen: Bool { state != .closed }

    /// What may be sent now.
    package func allowance(at now: Instant) -> Allowance {
        switch state {
        case .closed: .window(window)
        case .open(let until): now < until ? .nothing(until: until) : .probe
        case .probing: .nothing(until: nil)
        }
    }

    /// A probe of an installation is on its way.
    package mutating func probe(_ installation: InstallationNumber) {
        state = .probing(installation)
    }

    /// A delivery had an answer. One that is welcome widens the window.
    package mutating func succeed(isWelcome: Bool = true) {
        failing = []
        if state != .closed {
            (state, window, pauses) = (.closed, min(limits.firstWindow, limits.largestWindow), 0)
        } else if isWelcome {
            window = min(window + 1, limits.largestWindow)
        }
    }

    /// A delivery of `installation` had no answer; a silent one was connected all the time.
    package mutating func fail(
        _ installation: InstallationNumber, isSilent: Bool = false, at now: Instant, random: Double
    ) {
        switch state {
        case .closed where isSilent: break
        case .closed:
            failing.insert(installation)
            if failing.count >= limits.failingInstallations { pause(now, random) }
        case .probing(installation): pause(now, random)
        // It was sent before the breaker opened, or beside the probe: the pause does not depend on it.
        case .open, .probing: break
        }
    }

    /// A probe ended without telling anything, such as at a shutdown or when nothing was there to send.
    package mutating func abandonProbe(of installation: InstallationNumber, at now: Instant) {
        if state == .probing(installation) { state = .open(until: now) }
    }

    private mutating func pause(_ now: Instant, _ random: Double) {
        let bound = min(limits.longestPause, limits.firstPause * (1 << min(pauses, 20)))
        pauses += 1
        failing = []
        // Half of it is random, so that many processes do not probe in step.
        state = .open(until: now + bound / 2 + bound / 2 * min(max(random, 0), 1))
    }
}

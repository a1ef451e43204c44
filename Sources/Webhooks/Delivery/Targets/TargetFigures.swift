package import Installations
import Synchronization

/// What became of the attempts to push to one target in the last hour, in this process. Its size is fixed, whatever happens.
package final class TargetFigures: Sendable {
    /// Minutes that are counted.
    private static let minutes = 60
    /// How many attempts fail, without one that succeeds, until a target is down that still answers somebody.
    private static let failuresOfOneDown = 3
    private static let silenceOfOneDown: Int64 = 60_000
    /// For how long after its last failure a target is down for which nothing waits.
    private static let memoryOfOneDown: Int64 = 120_000

    private struct Minute {
        var number = Int64.min
        var delivered = 0
        var failed = 0
        var times = LatencyCounts()
    }

    private struct State {
        var ring = [Minute](repeating: Minute(), count: TargetFigures.minutes)
        var lastDelivery: Timestamp?
        var lastFailure: (at: Timestamp, text: String)?
        /// Of the failures since the last success: when the first was, and how many they are.
        var failing: (since: Timestamp, count: Int)?
        var isOpen = false
    }

    private let state = Mutex(State())

    /// Nothing was pushed yet.
    package init() {}

    /// An attempt ended.
    ///
    /// - Parameters:
    ///   - failure: What it failed of; nil for a delivery.
    ///   - milliseconds: How long it took.
    func note(_ failure: DeliveryFailure?, milliseconds: Int64, at now: Timestamp) {
        state.withLock { state in
            let number = now.milliseconds / 60_000
            let place = Int(((number % Int64(Self.minutes)) + Int64(Self.minutes)) % Int64(Self.minutes))
            if state.ring[place].number != number { state.ring[place] = Minute(number: number) }
            state.ring[place].times.add(milliseconds)
            if let failure {
                state.ring[place].failed += 1
                state.lastFailure = (now, failure.text)
                state.failing = (state.failing?.since ?? now, (state.failing?.count ?? 0) + 1)
            } else {
                state.ring[place].delivered += 1
                state.lastDelivery = now
                state.failing = nil
            }
        }
    }

    /// The circuit breaker opened or closed.
    func note(isOpen: Bool) { state.withLock { $0.isOpen = isOpen } }

    /// How it stands.
    ///
    /// - Parameter hasBacklog: Whether events wait that should have been taken: without any, whoever was down is forgotten.
    package func standing(at now: Timestamp, hasBacklog: Bool = true) -> TargetStanding {
        state.withLock { state in
            let last = now.milliseconds / 60_000
            var (delivered, failed, times) = (0, 0, LatencyCounts())
            for minute in state.ring where (last - Int64(Self.minutes) + 1...last).contains(minute.number) {
                delivered += minute.delivered
                failed += minute.failed
                times.add(minute.times)
            }
            let isSilent = state.failing.map { failing in
                failing.count >= Self.failuresOfOneDown
                    && (state.lastDelivery.map { abs(now.milliseconds - $0.milliseconds) >= Self.silenceOfOneDown }
                        ?? true)
            }
            // Both sides: a clock that was ahead says nothing of what comes after.
            let isKnown = state.lastFailure.map { abs(now.milliseconds - $0.at.milliseconds) < Self.memoryOfOneDown }
            let isDown = (state.isOpen || isSilent == true) && (hasBacklog || isKnown == true)
            return TargetStanding(
                delivered: delivered, failed: failed, times: times, isOpen: state.isOpen,
                lastDelivery: state.lastDelivery, lastFailure: state.lastFailure,
                downSince: isDown ? state.failing?.since ?? state.lastFailure?.at : nil)
        }
    }
}

/// How a target stands.
package struct TargetStanding: Sendable {
    /// Attempts of the last hour that were deliveries.
    package let delivered: Int
    /// Those that were none.
    package let failed: Int
    /// How long both took.
    package let times: LatencyCounts
    /// Whether nothing is sent but one probe at a time.
    package let isOpen: Bool
    /// When it took an event last.
    package let lastDelivery: Timestamp?
    /// When it took none last, and of what that failed: `DeliveryFailure.text`.
    package let lastFailure: (at: Timestamp, text: String)?
    /// Since when it is down; nil while it is not.
    package let downSince: Timestamp?

    /// The share of deliveries among all attempts; nil without one.
    package var successRate: Double? {
        delivered + failed == 0 ? nil : Double(delivered) / Double(delivered + failed)
    }
}

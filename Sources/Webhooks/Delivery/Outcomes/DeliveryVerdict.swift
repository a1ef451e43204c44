package import Installations

/// How one attempt to push an event ended.
package enum DeliveryOutcome: Hashable, Sendable {
    /// The target answered; `retryAfter` in milliseconds when it asked for patience.
    case answered(status: Int, retryAfter: Int64?)
    /// There was no answer.
    case failed(DeliveryFailure)

    /// Whether anybody answered. Whatever a target says about one workspace, it says that it can be reached.
    package var isAnswered: Bool {
        switch self {
        case .failed: false
        case .answered: true
        }
    }

    /// What was answered; nil where nobody did.
    var status: Int? {
        switch self {
        case .failed: nil
        case .answered(let status, _): status
        }
    }

    /// Whether the target says that it would take more.
    package var isWelcome: Bool {
        switch self {
        case .failed: false
        case .answered(let status, _): !DeliveryVerdict.isRetried(status)
        }
    }
}

/// What becomes of an event after an attempt: contract.md section 3, "Delivery by push", as a pure function.
package enum DeliveryVerdict: Hashable, Sendable {
    /// It is delivered; its body goes.
    case settle
    /// It is tried again, not before this moment; nothing of its installation overtakes it.
    case retry(at: Timestamp, DeliveryFailure)
    /// It is a dead letter; what came after it goes on.
    case bury(DeliveryFailure)

    /// Decides.
    ///
    /// - Parameters:
    ///   - attempts: Attempts so far, this one included.
    ///   - since: When the event arrived or was replayed.
    ///   - random: A random number from 0 to 1.
    package static func decide(
        _ outcome: DeliveryOutcome, attempts: Int, since: Timestamp, now: Timestamp, random: Double,
        schedule: RetrySchedule
    ) -> DeliveryVerdict {
        switch outcome {
        case .answered(200...299, _): return .settle
        case .answered(let status, let asked) where isRetried(status):
            return again(.status(status), asked, attempts, since, now, random, schedule)
        case .answered(let status, _): return .bury(.status(status))
        case .failed(.damaged): return .bury(.damaged)
        case .failed(let failure): return again(failure, nil, attempts, since, now, random, schedule)
        }
    }

    /// What the attempt failed of; nil for a delivery.
    var failure: DeliveryFailure? {
        switch self {
        case .settle: nil
        case .retry(_, let failure), .bury(let failure): failure
        }
    }

    /// Whether an answer says "not now" rather than "no".
    static func isRetried(_ status: Int) -> Bool {
        status == 408 || status == 429 || status >= 500
    }

    private static func again(
        _ failure: DeliveryFailure, _ asked: Int64?, _ attempts: Int, _ since: Timestamp, _ now: Timestamp,
        _ random: Double, _ schedule: RetrySchedule
    ) -> DeliveryVerdict {
        if schedule.isOver(attempts: attempts, since: since, now: now) { return .bury(failure) }
        let wait = schedule.wait(after: attempts, asked: asked, random: random)
        return .retry(at: Timestamp(milliseconds: now.milliseconds + wait), failure)
    }
}

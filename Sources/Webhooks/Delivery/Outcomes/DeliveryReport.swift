import Installations
import Marketplace
import Metrics

/// Counts what becomes of events, pushed or pulled, under the same names: an add-on has only one way out.
struct DeliveryOutcomes: Sendable {
    private let delivered: Counter
    private let retried: Counter
    private let dead: Counter

    init(metrics: any MetricsFactory) {
        func counter(_ outcome: String) -> Counter {
            Counter(label: Metric.deliveries.rawValue, dimensions: [("outcome", outcome)], factory: metrics)
        }
        (delivered, retried, dead) = (counter("delivered"), counter("retried"), counter("dead"))
    }

    func count(_ change: Settlement.Change) {
        switch change {
        case .delivered: delivered.increment()
        case .retry: retried.increment()
        case .dead: dead.increment()
        case .postponed: break  // No attempt was made.
        }
    }
}

/// What one add-on's deliveries tell the log and the metrics. No body, no answer of a target, no tenant's id: an event is
/// named by its own id, and an operator looks up whose it is.
struct DeliveryReport: Sendable {
    private let addonKey: AddonKey
    private let log: DeliveryLog
    private let outcomes: DeliveryOutcomes

    init(addonKey: AddonKey, log: DeliveryLog, outcomes: DeliveryOutcomes) {
        self.addonKey = addonKey
        self.log = log
        self.outcomes = outcomes
    }

    func settled(_ event: EventID, _ change: Settlement.Change) {
        outcomes.count(change)
        switch change {
        case .delivered: break
        case .retry(_, let failure): log.detail("delivery failed", of: addonKey, event: event, reason: failure.text)
        case .dead(let failure): log.note(.deadLetter, of: addonKey, event: event, reason: failure.text)
        case .postponed: log.note(.sealed, of: addonKey, event: event)
        }
    }

    func breaker(isOpen: Bool) { log.note(isOpen ? .targetFails : .targetAnswers, of: addonKey) }

    func storeFailed(_ error: StoreError) { log.note(.storeFailed, of: addonKey, reason: "\(error)") }
}

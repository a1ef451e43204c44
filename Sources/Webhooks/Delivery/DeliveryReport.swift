import Dispatch
import Installations
import Logging
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

/// What delivery tells the log and the metrics. No body, no answer of a target, no tenant's id: an event is named by its
/// own id, and an operator looks up whose it is. Lines about single events share the process's budget with those about
/// refused requests: a target that answers 404 to everything makes as many.
struct DeliveryReport: Sendable {
    private let logger: Logger
    private let lines: LineBudget
    private let outcomes: DeliveryOutcomes
    private let seconds: Metrics.Timer

    init(addonKey: AddonKey, logger: Logger, metrics: any MetricsFactory, lines: LineBudget) {
        var logger = logger
        logger[metadataKey: "addon"] = "\(addonKey)"
        self.logger = logger
        self.lines = lines
        outcomes = DeliveryOutcomes(metrics: metrics)
        seconds = Metrics.Timer(label: Metric.deliverySeconds.rawValue, factory: metrics)
    }

    /// An attempt ended, with an answer or without one.
    func attempted(in time: Duration) { seconds.record(duration: time) }

    func settled(_ settlement: Settlement) {
        outcomes.count(settlement.change)
        switch settlement.change {
        case .delivered: break
        case .retry(_, let failure):
            logger.debug(
                "delivery failed", metadata: ["event": "\(settlement.event.text)", "reason": "\(failure.text)"])
        case .dead(let failure):
            guard mayTell else { return }
            logger.warning("dead letter", metadata: ["event": "\(settlement.event.text)", "reason": "\(failure.text)"])
        case .postponed:
            guard mayTell else { return }
            logger.error(
                "an event waits: its storage key is missing, or its installation is not authentic; see: innkeeper doctor",
                metadata: ["event": "\(settlement.event.text)"])
        }
    }

    private var mayTell: Bool { lines.takeOrLeaveOut(at: DispatchTime.now().uptimeNanoseconds) }

    func breaker(isOpen: Bool) {
        if isOpen {
            logger.warning("the target fails; deliveries pause")
        } else {
            logger.notice("the target answers again; deliveries go on")
        }
    }

    func storeFailed(_ error: StoreError) {
        guard mayTell else { return }
        logger.error("delivery waits for the store", metadata: ["reason": "\(error)"])
    }
}

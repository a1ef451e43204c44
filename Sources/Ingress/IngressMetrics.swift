import Installations
import Metrics
import NIOCore
import Synchronization

/// What kind of route a request was for: a label, never the path.
enum RouteKind: Int, CaseIterable, Sendable {
    case lifecycle, webhook, manifest, health, none

    var label: String { "\(self)" }
}

/// The listener's counters and timers. Labels come from closed lists, so nobody outside decides how many there are.
final class IngressMetrics: Sendable {
    private struct Refusal: Hashable {
        let route: RouteKind
        let reason: String
    }

    private let factory: any MetricsFactory
    /// By route, then status, both in the order of their cases.
    private let requests: [[Counter]]
    private let seconds: [Metrics.Timer]
    private let refusals = Mutex<[Refusal: Counter]>([:])

    init(factory: any MetricsFactory) {
        self.factory = factory
        requests = RouteKind.allCases.map { route in
            Answer.Status.allCases.map { status in
                Counter(
                    label: Metric.ingressRequests.rawValue,
                    dimensions: [("route", route.label), ("status", String(status.rawValue))], factory: factory)
            }
        }
        seconds = RouteKind.allCases.map { route in
            Metrics.Timer(
                label: Metric.ingressSeconds.rawValue, dimensions: [("route", route.label)], factory: factory)
        }
    }

    /// Counts an answered request and how long it took from its first byte.
    func answered(_ route: RouteKind, _ status: Answer.Status, after time: TimeAmount) {
        requests[route.rawValue][status.index].increment()
        seconds[route.rawValue].recordNanoseconds(time.nanoseconds)
    }

    /// Counts a refusal. `reason` is a word of a closed list.
    func refused(_ route: RouteKind, _ reason: String) {
        let counter = refusals.withLock { refusals in
            let refusal = Refusal(route: route, reason: reason)
            if let counter = refusals[refusal] { return counter }
            let counter = Counter(
                label: Metric.ingressRefusals.rawValue,
                dimensions: [("route", route.label), ("reason", reason)], factory: factory)
            refusals[refusal] = counter
            return counter
        }
        counter.increment()
    }
}

extension Answer.Status {
    fileprivate var index: Int {
        switch self {
        case .ok: return 0
        case .noContent: return 1
        case .badRequest: return 2
        case .unauthorized: return 3
        case .notFound: return 4
        case .methodNotAllowed: return 5
        case .requestTimeout: return 6
        case .conflict: return 7
        case .contentTooLarge: return 8
        case .headerFieldsTooLarge: return 9
        case .serviceUnavailable: return 10
        }
    }
}

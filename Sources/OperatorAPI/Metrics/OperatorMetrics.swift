import CoreMetrics
import Installations

/// The operator API's counters.
///
/// A counter is asked for each time it is needed: these requests are few, and the registry finds the series there is.
struct OperatorMetrics: Sendable {
    let factory: any MetricsFactory

    /// How reading an installation token ended.
    enum TokenReadingOutcome: String {
        case given, unknown
        case notActive = "not_active"
        case forged
        case rateLimited = "rate_limited"
    }

    /// Counts an answer. `route` is a pattern of the router or "none".
    func answered(_ route: String, _ status: Int) {
        count(.operatorRequests, [("route", route), ("status", String(status))])
    }

    /// Counts a refusal by the error's code.
    func refused(_ code: String) {
        count(.operatorRefusals, [("reason", code)])
    }

    /// Counts a reading of an installation token.
    func tokenReading(_ outcome: TokenReadingOutcome) {
        count(.tokenReadings, [("outcome", outcome.rawValue)])
    }

    /// Counts a webhook judged for a gateway: `genuine`, or the closed word why not.
    func webhookCheck(_ verdict: String) {
        count(.webhookChecks, [("verdict", verdict)])
    }

    private func count(_ metric: Metric, _ labels: [(String, String)]) {
        Counter(label: metric.rawValue, dimensions: labels, factory: factory).increment()
    }
}

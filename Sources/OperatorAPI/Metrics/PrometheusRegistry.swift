package import CoreMetrics
package import Installations
import Synchronization

/// Keeps every counter and histogram of the process and writes them, with the gauges of the moment, in Prometheus' text
/// format.
///
/// The number of series is bounded three times: only metrics of the closed list are kept, so no library adds its own; label
/// values come from closed lists; and should one ever not, a metric has at most `maximumSeries`.
package final class PrometheusRegistry: MetricsFactory, Sendable {
    struct Series: Hashable {
        let metric: Metric
        let labels: String
    }

    /// Series of one metric; more are not kept.
    static let maximumSeries = 512

    private let counters = Mutex<[Series: CounterCell]>([:])
    private let gauges = Mutex<[Series: GaugeCell]>([:])
    private let histograms = Mutex<[Series: HistogramCell]>([:])

    /// An empty registry.
    package init() {}

    package func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler {
        Self.cell(counters, label, .counter, dimensions) { CounterCell() } ?? NOOPMetricsHandler.instance
    }

    package func makeRecorder(
        label: String, dimensions: [(String, String)], aggregate: Bool
    ) -> any RecorderHandler {
        Self.cell(gauges, label, .gauge, dimensions) { GaugeCell() } ?? NOOPMetricsHandler.instance
    }

    package func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler {
        Self.cell(histograms, label, .histogram, dimensions) { HistogramCell() } ?? NOOPMetricsHandler.instance
    }

    // Series live as long as the process: there are few, and a counter that restarts at zero misleads.
    package func destroyCounter(_ handler: any CounterHandler) {}
    package func destroyRecorder(_ handler: any RecorderHandler) {}
    package func destroyTimer(_ handler: any TimerHandler) {}

    /// A counter's values, with the labels of each.
    package func counts(of metric: Metric) -> [(labels: [String: String], count: Int64)] {
        counters.withLock { $0 }.filter { $0.key.metric == metric }
            .map { (PrometheusText.parts(of: $0.key.labels), $0.value.value) }
    }

    /// Every series in Prometheus' text format, in a stable order, with gauges that were measured just now.
    package func text(with measured: [GaugeSample] = []) -> String {
        var series: [Series: [String]] = [:]
        for (one, cell) in counters.withLock({ $0 }) {
            series[one] = [PrometheusText.line(one.metric.rawValue, one.labels, "\(cell.value)")]
        }
        for (one, cell) in gauges.withLock({ $0 }) {
            series[one] = [PrometheusText.line(one.metric.rawValue, one.labels, "\(cell.value)")]
        }
        for (one, cell) in histograms.withLock({ $0 }) {
            series[one] = cell.lines(one.metric.rawValue, one.labels)
        }
        for gauge in measured {
            let one = Series(metric: gauge.metric, labels: PrometheusText.labels(gauge.labels))
            series[one] = [PrometheusText.line(gauge.metric.rawValue, one.labels, "\(gauge.value)")]
        }
        let groups = Dictionary(grouping: series, by: \.key.metric)
        let lines = Metric.allCases.flatMap { metric -> [String] in
            guard let group = groups[metric] else { return [] }
            return PrometheusText.heading(metric) + group.sorted { $0.key.labels < $1.key.labels }.flatMap(\.value)
        }
        return lines.joined(separator: "\n") + "\n"
    }

    private static func cell<Cell: Sendable>(
        _ cells: borrowing Mutex<[Series: Cell]>, _ label: String, _ kind: Metric.Kind,
        _ dimensions: [(String, String)], _ make: () -> Cell
    ) -> Cell? {
        guard let metric = Metric(rawValue: label), metric.kind == kind else { return nil }
        let series = Series(metric: metric, labels: PrometheusText.labels(dimensions))
        return cells.withLock { cells in
            if let cell = cells[series] { return cell }
            guard cells.keys.count(where: { $0.metric == metric }) < maximumSeries else { return nil }
            let cell = make()
            cells[series] = cell
            return cell
        }
    }
}

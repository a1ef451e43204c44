package import CoreMetrics
import Synchronization

/// Keeps every metric of the process and writes them in Prometheus' text format.
///
/// The number of series is bounded because every label value in this code base comes from a closed list; nothing here
/// ever sees a tenant's id.
package final class PrometheusRegistry: MetricsFactory, Sendable {
    private struct Series: Hashable {
        let name: String
        let labels: String
    }

    private let counters = Mutex<[Series: CounterCell]>([:])
    private let gauges = Mutex<[Series: GaugeCell]>([:])
    private let histograms = Mutex<[Series: HistogramCell]>([:])

    /// An empty registry.
    package init() {}

    package func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler {
        Self.cell(counters, label, dimensions) { CounterCell() }
    }

    package func makeRecorder(
        label: String, dimensions: [(String, String)], aggregate: Bool
    ) -> any RecorderHandler {
        Self.cell(gauges, label, dimensions) { GaugeCell() }
    }

    package func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler {
        Self.cell(histograms, label, dimensions) { HistogramCell() }
    }

    // Series live as long as the process: there are few, and a counter that restarts at zero misleads.
    package func destroyCounter(_ handler: any CounterHandler) {}
    package func destroyRecorder(_ handler: any RecorderHandler) {}
    package func destroyTimer(_ handler: any TimerHandler) {}

    /// Every series in Prometheus' text format, in a stable order.
    package func text() -> String {
        var lines: [String] = []
        let counters = counters.withLock { $0 }
        for (name, group) in Self.grouped(counters) {
            lines.append("# TYPE \(name) counter")
            lines += group.map { "\(name)\(Self.braces($0.labels)) \($1.value)" }
        }
        let gauges = gauges.withLock { $0 }
        for (name, group) in Self.grouped(gauges) {
            lines.append("# TYPE \(name) gauge")
            lines += group.map { "\(name)\(Self.braces($0.labels)) \($1.value)" }
        }
        let histograms = histograms.withLock { $0 }
        for (name, group) in Self.grouped(histograms) {
            lines.append("# TYPE \(name) histogram")
            lines += group.flatMap { series, cell in cell.lines(name, series.labels) }
        }
        return lines.joined(separator: "\n") + "\n"
    }

    private static func grouped<Cell>(_ cells: [Series: Cell]) -> [(String, [(Series, Cell)])] {
        Dictionary(grouping: cells.map { ($0.key, $0.value) }, by: \.0.name)
            .map { ($0.key, $0.value.sorted { $0.0.labels < $1.0.labels }) }
            .sorted { $0.0 < $1.0 }
    }

    private static func cell<Cell: Sendable>(
        _ cells: borrowing Mutex<[Series: Cell]>, _ name: String, _ dimensions: [(String, String)],
        _ make: () -> Cell
    ) -> Cell {
        let series = Series(name: name, labels: dimensions.map { "\($0)=\"\($1)\"" }.joined(separator: ","))
        return cells.withLock { cells in
            if let cell = cells[series] { return cell }
            let cell = make()
            cells[series] = cell
            return cell
        }
    }

    static func braces(_ labels: String) -> String { labels.isEmpty ? "" : "{\(labels)}" }
}

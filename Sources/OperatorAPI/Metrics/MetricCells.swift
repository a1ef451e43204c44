import CoreMetrics
import Synchronization

/// A count that only grows.
final class CounterCell: CounterHandler {
    private let count = Atomic<Int64>(0)

    var value: Int64 { count.load(ordering: .relaxed) }

    func increment(by amount: Int64) { count.wrappingAdd(amount, ordering: .relaxed) }
    func reset() { count.store(0, ordering: .relaxed) }
}

/// The last value recorded.
final class GaugeCell: RecorderHandler {
    private let last = Mutex<Double>(0)

    var value: Double { last.withLock { $0 } }

    func record(_ value: Int64) { record(Double(value)) }
    func record(_ value: Double) { last.withLock { $0 = value } }
}

/// Durations in fixed buckets.
final class HistogramCell: TimerHandler {
    /// Upper bounds in seconds. A webhook takes well under a millisecond, a commit about half of one.
    static let bounds = [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5]

    private struct State {
        var buckets = [Int](repeating: 0, count: HistogramCell.bounds.count)
        var count = 0
        var sum = 0.0
    }

    private let state = Mutex(State())

    func recordNanoseconds(_ duration: Int64) {
        let seconds = Double(duration) / 1e9
        state.withLock { state in
            if let bucket = Self.bounds.firstIndex(where: { seconds <= $0 }) { state.buckets[bucket] += 1 }
            state.count += 1
            state.sum += seconds
        }
    }

    /// The series of one histogram: cumulative buckets, sum and count.
    func lines(_ name: String, _ labels: String) -> [String] {
        let state = state.withLock { $0 }
        let prefix = labels.isEmpty ? "" : labels + ","
        var total = 0
        var lines = zip(Self.bounds, state.buckets).map { bound, count in
            total += count
            return "\(name)_bucket{\(prefix)le=\"\(bound)\"} \(total)"
        }
        lines.append("\(name)_bucket{\(prefix)le=\"+Inf\"} \(state.count)")
        lines.append(PrometheusText.line("\(name)_sum", labels, "\(state.sum)"))
        lines.append(PrometheusText.line("\(name)_count", labels, "\(state.count)"))
        return lines
    }
}

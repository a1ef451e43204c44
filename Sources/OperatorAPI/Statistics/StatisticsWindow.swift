import Installations

/// How much time is looked at. The raw values are the contract's words.
package enum StatisticsWindow: String, CaseIterable, Sendable {
    case hour = "1h"
    case day = "24h"
    case month = "30d"

    /// Of which counts it is made.
    var span: HistorySpan { self == .month ? .hour : .minute }

    /// How many spans are one step of it.
    var step: Int64 {
        switch self {
        case .hour: 1
        case .day: 10
        case .month: 6
        }
    }

    /// How many steps it has.
    var steps: Int64 {
        switch self {
        case .hour: 60
        case .day: 144
        case .month: 120
        }
    }

    /// The spans of it; the last step holds the moment and is not over.
    func range(at now: Timestamp) -> ClosedRange<Int64> {
        let last = span.number(of: now) / step * step
        return last - (steps - 1) * step...last + step - 1
    }
}

/// What happened in a window, step by step.
package struct StatisticsSeries: Sendable {
    let window: StatisticsWindow
    /// When it begins.
    let from: Timestamp
    let accepted: [Int64]
    let delivered: [Int64]
    let retried: [Int64]
    let dead: [Int64]
    /// By reason.
    let refused: [String: [Int64]]
    /// Steps in which something happened once that explains the rest.
    let started: [Int]
    let rotated: [Int]
    let paused: [Int]

    /// All refusals of each step.
    var allRefused: [Int64] {
        refused.values.reduce([Int64](repeating: 0, count: Int(window.steps))) { sums, counts in
            zip(sums, counts).map { $0 + $1 }
        }
    }

    init(_ window: StatisticsWindow, from first: Int64, _ counts: [HistoryCount]) {
        let steps = Int(window.steps)
        var (lines, refused): ([HistorySeries: [Int64]], [String: [Int64]]) = ([:], [:])
        for one in counts {
            let step = Int((one.number - first) / window.step)
            guard (0..<steps).contains(step) else { continue }
            if case .refused(let reason) = one.series {
                refused[reason, default: [Int64](repeating: 0, count: steps)][step] += one.count
            } else {
                lines[one.series, default: [Int64](repeating: 0, count: steps)][step] += one.count
            }
        }
        func line(_ series: HistorySeries) -> [Int64] { lines[series] ?? [Int64](repeating: 0, count: steps) }
        func marks(_ series: HistorySeries) -> [Int] { line(series).indices.filter { line(series)[$0] > 0 } }
        self.window = window
        from = window.span.start(of: first)
        (accepted, delivered, retried, dead) = (line(.accepted), line(.delivered), line(.retried), line(.dead))
        self.refused = refused
        (started, rotated, paused) = (marks(.started), marks(.rotated), marks(.paused))
    }

    /// When a step begins.
    func start(of step: Int) -> Timestamp {
        Timestamp(milliseconds: from.milliseconds + Int64(step) * window.step * window.span.rawValue * 1000)
    }
}

import Installations

/// A chart of counts over time, drawn here as SVG: from zero up, with the moments that explain it.
struct ChartView {
    struct Line {
        let name: String
        /// Of its colour in the stylesheet.
        let tone: String
        let points: String
    }

    struct Mark {
        let x: String
        let name: String
    }

    struct Label {
        let position: String
        /// Which end of the text is there.
        let anchor: String
        let text: String
    }

    struct Row {
        let time: String
        let counts: [Int64]
    }

    let title: String
    /// What who cannot see it hears.
    let summary: String
    let width: Int
    let height: Int
    let lines: [Line]
    let marks: [Mark]
    /// What is at the top.
    let top: String
    let times: [Label]
    /// The same as a table: steps in which nothing happened are left out.
    let names: [String]
    let rows: [Row]
    let isEmpty: Bool

    private static let size = (width: 720, height: 160)

    /// - Parameter lines: Their names, tones and counts, all of one length.
    init(_ title: String, _ lines: [(name: String, tone: String, counts: [Int64])], of series: StatisticsSeries) {
        self.title = title
        (width, height) = Self.size
        let highest = max(1, lines.flatMap { $0.counts }.max() ?? 0)
        let steps = Int(series.window.steps)
        self.lines = lines.map { line in
            Line(
                name: line.name, tone: line.tone,
                points: Self.points(line.counts, highest: highest, width: Self.size.width, height: Self.size.height))
        }
        func x(_ step: Int) -> String { Self.number(Double(step) / Double(steps - 1) * Double(Self.size.width)) }
        marks =
            series.started.map { Mark(x: x($0), name: "start") }
            + series.rotated.map { Mark(x: x($0), name: "rotation") }
            + series.paused.map { Mark(x: x($0), name: "pause") }
        top = "\(highest)"
        times = [(0, "start"), (steps / 2, "middle"), (steps - 1, "end")].map { step, anchor in
            Label(position: x(step), anchor: anchor, text: Self.time(series.start(of: step), series.window))
        }
        names = lines.map { $0.name }
        rows = (0..<steps).reversed().compactMap { step in
            let counts = lines.map { $0.counts[step] }
            guard counts.contains(where: { $0 > 0 }) else { return nil }
            return Row(time: String(series.start(of: step).plain.dropLast(7)), counts: counts)
        }
        isEmpty = rows.isEmpty
        summary =
            lines.map { "\($0.name): \($0.counts.reduce(0, +)), at most \($0.counts.max() ?? 0) in a step" }
            .joined(separator: "; ")
    }

    /// The points of a line from zero up, as SVG has them.
    static func points(_ counts: [Int64], highest: Int64, width: Int, height: Int) -> String {
        counts.enumerated().map { step, count in
            let x = Double(step) / Double(max(counts.count - 1, 1)) * Double(width)
            // Half a pixel of the line itself is left at both ends.
            let y = Double(height) - 1 - Double(count) / Double(highest) * Double(height - 2)
            return "\(number(x)),\(number(y))"
        }.joined(separator: " ")
    }

    private static func number(_ value: Double) -> String {
        let tenths = Int((value * 10).rounded())
        return "\(tenths / 10).\(abs(tenths % 10))"
    }

    private static func time(_ moment: Timestamp, _ window: StatisticsWindow) -> String {
        let text = moment.rfc3339
        return window == .month ? String(text.dropFirst(5).prefix(5)) : String(text.dropFirst(11).prefix(5))
    }
}

/// A small line beside a figure.
struct SparkView {
    let points: String

    init(_ counts: [Int64]) {
        points = ChartView.points(counts, highest: max(1, counts.max() ?? 0), width: 120, height: 24)
    }
}

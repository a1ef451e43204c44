/// One column of a table.
struct Column: Sendable {
    /// Where a cell stands in its column.
    enum Alignment: Sendable { case left, right }

    let title: String
    let alignment: Alignment
    /// Whether its text may be cut when the terminal is narrow. An id that is cut is of no use.
    let mayShrink: Bool

    /// A column with this header.
    init(_ title: String, _ alignment: Alignment = .left, mayShrink: Bool = false) {
        self.title = title
        self.alignment = alignment
        self.mayShrink = mayShrink
    }
}

/// Rows in aligned columns, rendered page by page so that a long list is never in memory.
///
/// Widths come from the first page and only grow. On a terminal the header is bold and lines are cut to fit; elsewhere
/// the text is complete, for `grep` and `awk`. Scripts should prefer `-o json`.
struct Table {
    private let columns: [Column]
    private let terminal: Terminal
    private var widths: [Int]
    private var hasHeader = false
    private static let gap = "  "
    /// A column is never cut below this.
    private static let narrowest = 8

    /// An empty table.
    init(_ columns: [Column], terminal: Terminal) {
        self.columns = columns
        self.terminal = terminal
        widths = columns.map { PrintableText.width($0.title) }
    }

    /// The next rows as text with line feeds, behind the header the first time.
    mutating func render(_ rows: [[String]]) -> String {
        let rows = rows.map { $0.map { $0.isEmpty ? "-" : PrintableText.make($0) } }
        for row in rows {
            for (index, cell) in row.enumerated() { widths[index] = max(widths[index], PrintableText.width(cell)) }
        }
        let fitted = fittedWidths()
        var text = ""
        if !hasHeader {
            hasHeader = true
            text = terminal.styled(line(columns.map(\.title), fitted), .bold) + "\n"
        }
        return rows.reduce(into: text) { $0 += line($1, fitted) + "\n" }
    }

    private func line(_ cells: [String], _ widths: [Int]) -> String {
        var line = ""
        for (index, cell) in cells.enumerated() {
            let cell = PrintableText.fitted(cell, to: widths[index])
            let padding = String(repeating: " ", count: widths[index] - PrintableText.width(cell))
            line += columns[index].alignment == .right ? padding + cell : cell + padding
            if index < cells.count - 1 { line += Self.gap }
        }
        // Trailing blanks would wrap on a terminal and show in a file.
        let end = line.lastIndex { $0 != " " }.map { line.index(after: $0) } ?? line.startIndex
        return String(line[..<end])
    }

    /// The widths, with the widest column that may shrink made narrower until the line fits.
    private func fittedWidths() -> [Int] {
        var widths = widths
        guard let available = terminal.width else { return widths }
        var surplus = widths.reduce(0, +) + Self.gap.count * (widths.count - 1) - available
        while surplus > 0 {
            let candidates = widths.indices.filter { columns[$0].mayShrink && widths[$0] > Self.narrowest }
            guard let widest = candidates.max(by: { widths[$0] < widths[$1] }) else { break }
            widths[widest] -= 1
            surplus -= 1
        }
        return widths
    }
}

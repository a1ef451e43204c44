/// What the demo tells while it runs, and the table at its end.
struct DemoReport: Sendable {
    /// One line of the table.
    struct Row: Hashable, Sendable {
        let what: String
        let requests: String
        let expected: String
        let got: String
        let isAsExpected: Bool
    }

    /// So far.
    private(set) var rows: [Row] = []

    /// Whether everything was as expected.
    var isAsExpected: Bool { rows.allSatisfy(\.isAsExpected) }

    /// Tells that a chapter begins.
    func chapter(_ title: String) throws(OutputError) { try StandardStream.output.writeLine("\n\(title)") }

    /// Tells how a scene ended.
    mutating func tell(_ scene: DemoScene, _ tally: Tally) throws(OutputError) {
        try add(
            Row(
                what: scene.title, requests: String(tally.requests), expected: String(scene.expected),
                got: tally.description, isAsExpected: tally.isAsExpected && tally.requests == scene.count))
    }

    /// Tells how something else than a scene ended.
    mutating func tell(_ what: String, expected: String, got: String) throws(OutputError) {
        try add(Row(what: what, requests: "", expected: expected, got: got, isAsExpected: expected == got))
    }

    private mutating func add(_ row: Row) throws(OutputError) {
        rows.append(row)
        let verdict = row.isAsExpected ? "" : "   UNEXPECTED, not \(row.expected)"
        try StandardStream.output.writeLine("  \(Self.dotted(row.what)) \(row.got)\(verdict)")
    }

    /// A title with dots up to where the answers stand in one column.
    static func dotted(_ title: String) -> String {
        let dots = max(3, 56 - title.count)
        return title + " " + String(repeating: ".", count: dots)
    }

    /// The table and the last word.
    func conclude() throws(OutputError) {
        var table = Table(
            [
                Column("WHAT", mayShrink: true), Column("REQUESTS", .right), Column("EXPECTED", .right), Column("GOT"),
                Column("OK"),
            ], terminal: Terminal(.output))
        let cells = rows.map { [$0.what, $0.requests, $0.expected, $0.got, $0.isAsExpected ? "yes" : "NO"] }
        let failed = rows.count { !$0.isAsExpected }
        let verdict =
            failed == 0
            ? "Every answer was the expected one." : "\(failed) of \(rows.count) steps went another way."
        try StandardStream.output.writeLine("\n\(table.render(cells))\n\(verdict)")
    }
}

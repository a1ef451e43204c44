import ArgumentParser

/// How data is written.
enum OutputFormat: String, CaseIterable, ExpressibleByArgument, Sendable {
    /// For people. On a terminal fitted to its width, with ages; elsewhere complete, with RFC 3339 times.
    case table
    /// The stable interface for programs.
    case json
    /// One JSON value per line, page after page.
    case jsonl
}

/// The option `-o`, on every command: also where there is no data, errors have a format.
struct OutputOptions: ParsableArguments {
    @Option(
        name: [.customShort("o"), .customLong("output")],
        help: ArgumentHelp("table, json or jsonl; also the format of errors.", valueName: "format"))
    var format: OutputFormat = .table

    /// Writes one thing: as text for people, or as JSON.
    func write(
        _ value: some Encodable, to stream: StandardStream = .output, asTable text: () throws -> String
    ) throws {
        switch format {
        case .table: try stream.write(try text().utf8)
        case .json: try stream.write(try JSONOutput.pretty(value))
        case .jsonl: try stream.write(try JSONOutput.line(value))
        }
    }

    /// Writes a short list that has no pages: a table, a JSON array, or one value per line.
    func write<Row: Encodable>(
        _ rows: [Row], columns: [Column], empty: String, row: (Row) -> [String]
    ) throws {
        switch format {
        case .json: try StandardStream.output.write(try JSONOutput.pretty(rows))
        case .jsonl: try StandardStream.output.write(try rows.flatMap { try JSONOutput.line($0) })
        case .table:
            guard !rows.isEmpty else {
                StandardStream.note(empty)
                return
            }
            var table = Table(columns, terminal: Terminal(.output))
            try StandardStream.output.write(table.render(rows.map(row)).utf8)
        }
    }
}

import ArgumentParser
import OperatorAPI

/// How much of a list is wanted.
struct ListOptions: ParsableArguments {
    @Option(help: ArgumentHelp("Rows in all. Default: all; with -o json one page of 100, 500 at most.", valueName: "n"))
    var limit: Int?

    @Option(help: ArgumentHelp("Go on where an earlier list ended.", valueName: "cursor"))
    var cursor: String?

    func validate() throws {
        if let limit, limit < 1 { throw ValidationError("--limit must be 1 or more") }
    }

    /// Writes a list. A table and jsonl are written page after page; json is one page, as the API gives it.
    func write<Page: PageJSON>(
        _ output: OutputOptions, columns: [Column], empty: String,
        fetch: (Int, String?) async throws -> Page, row: (Page.Row) -> [String]
    ) async throws {
        switch output.format {
        case .json:
            guard (limit ?? 0) <= PageWalk.largest else {
                throw CommandError(
                    .usage, "--limit is at most \(PageWalk.largest) with -o json",
                    hint: "follow nextCursor with --cursor, or use -o jsonl")
            }
            try StandardStream.output.write(try JSONOutput.pretty(try await fetch(limit ?? PageWalk.usual, cursor)))
        case .jsonl:
            _ = try await PageWalk.run(limit: limit, from: cursor, fetch: fetch) { rows in
                try StandardStream.output.write(try rows.flatMap { try JSONOutput.line($0) })
            }
        case .table:
            var table = Table(columns, terminal: Terminal(.output))
            var isEmpty = true
            let next = try await PageWalk.run(limit: limit, from: cursor, fetch: fetch) { rows in
                guard !rows.isEmpty else { return }
                isEmpty = false
                try StandardStream.output.write(table.render(rows.map(row)).utf8)
            }
            if isEmpty { StandardStream.note(empty) }
            if let next { StandardStream.note("more with: --cursor \(PrintableText.make(next))") }
        }
    }
}

/// Ids given on the command line. One in another form exists nowhere and must not become part of a path.
enum IDArgument {
    /// Refuses what is no platform id.
    static func check(_ text: String, _ name: String) throws {
        let isPlain = text.utf8.allSatisfy { byte in
            switch byte {
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, UInt8(ascii: "_"), UInt8(ascii: "-"): true
            default: false
            }
        }
        guard (1...64).contains(text.utf8.count), isPlain else {
            throw ValidationError("\(name) must be 1 to 64 letters, digits, underscores and hyphens")
        }
    }
}

import Foundation
import Glibc
import TestSupport
import Testing

/// A command and what it printed, compared with a file in `Transcripts`. `INNKEEPER_WRITE_GOLDEN=1` writes the files
/// anew; the difference is then for a person to read.
struct Transcript {
    /// The deployment whose ids and paths are replaced.
    let deployment: Deployment

    private static let folder =
        "/" + #filePath.split(separator: "/").dropLast(2).joined(separator: "/") + "/Transcripts"

    /// Runs a command and compares. The file is named after the command.
    func check(_ arguments: String..., sourceLocation: SourceLocation = #_sourceLocation) async throws {
        try compare(arguments, try await deployment.run(arguments), sourceLocation)
    }

    /// Compares what a command printed.
    func compare(
        _ arguments: [String], _ outcome: Program.Outcome, _ sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        var text = "$ innkeeper \(arguments.joined(separator: " "))\n" + outcome.text
        if !outcome.errors.isEmpty { text += "[standard error]\n" + outcome.errorText }
        if outcome.status != 0 { text += "[exit \(outcome.status)]\n" }
        let found = stable(text)
        let words = arguments.filter { !$0.contains("/") }.map { $0.trimming { $0 == "-" } }
        let file = Self.folder + "/" + words.joined(separator: "-") + ".txt"
        if ProcessInfo.processInfo.environment["INNKEEPER_WRITE_GOLDEN"] == "1" {
            try Data(found.utf8).write(to: URL(filePath: file))
        }
        let expected = try String(contentsOfFile: file, encoding: .utf8)
        #expect(found == expected, "\(file)", sourceLocation: sourceLocation)
    }

    /// Replaces all that differs from run to run, machine to machine and user to user.
    private func stable(_ text: String) -> String {
        var text = text
        let made = deployment.made
        text.replace(text.ranges(of: deployment.directory.path), by: "<dir>")
        text.replace(text.ranges(of: made.storageKey), by: "<storage key>")
        text.replace(text.ranges(of: #/ik_[0-9a-f]{8}_[0-9a-f]{64}/#), by: "<secret>")
        text.replace(text.ranges(of: made.apiKey.id), by: "<key>")
        text.replace(text.ranges(of: #/\b[0-9a-f]{64}\b/#.wordBoundaryKind(.simple)), by: "<hash>")
        text.replace(text.ranges(of: #/\b[0-9a-f]{16}\b/#.wordBoundaryKind(.simple)), by: "<id>")
        text.replace(text.ranges(of: #/evt_[0-9a-z]{13}/#), by: "<event>")
        text.replace(text.ranges(of: #/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z/#), by: "<time>")
        text.replace(text.ranges(of: #/SQLite \d[^\n]*/#), by: "SQLite <version>")
        var lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        let user = "local:\(geteuid())"
        if text.contains(user) {
            // The number's length decides about the width of a column.
            lines = lines.map { Substring($0.replacing(user, with: "<user>").replacing(#/ {2,}/#, with: "  ")) }
        }
        return lines.map { $0.replacing(#/ +$/#, with: "") }.joined(separator: "\n")
    }
}

extension String {
    /// Replaces ranges by a placeholder, which keeps their width where a column follows.
    fileprivate mutating func replace(_ ranges: [Range<String.Index>], by placeholder: String) {
        var result = ""
        var rest = startIndex
        for range in ranges {
            let isBeforeColumn = self[range.upperBound...].first == " "
            let missing =
                isBeforeColumn ? distance(from: range.lowerBound, to: range.upperBound) - placeholder.count : 0
            result += self[rest..<range.lowerBound] + placeholder + String(repeating: " ", count: max(0, missing))
            rest = range.upperBound
        }
        self = result + self[rest...]
    }

    /// Without the characters at both ends for which this holds.
    fileprivate func trimming(_ isDropped: (Character) -> Bool) -> String {
        String(drop(while: isDropped).reversed().drop(while: isDropped).reversed())
    }
}

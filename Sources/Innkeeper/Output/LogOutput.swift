import Installations
import Logging

/// How log lines are written.
enum LogFormat: String, CaseIterable, Sendable {
    /// For people.
    case text
    /// One JSON object per line.
    case json
}

/// The log: one line per event on standard error, which the data on standard output never mixes with.
struct LogOutput: LogHandler {
    var logLevel: Logger.Level
    var metadata: Logger.Metadata = [:]
    var metadataProvider: Logger.MetadataProvider?
    private let label: String
    private let format: LogFormat
    private let write: @Sendable ([UInt8]) -> Void

    /// A log of one format. `write` gets whole lines.
    init(
        label: String, level: Logger.Level, format: LogFormat,
        write: @escaping @Sendable ([UInt8]) -> Void = LogOutput.writeToStandardError
    ) {
        self.label = label
        logLevel = level
        self.format = format
        self.write = write
    }

    /// The process's logger.
    static func logger(level: Logger.Level, format: LogFormat) -> Logger {
        Logger(label: "innkeeper") { LogOutput(label: $0, level: level, format: format) }
    }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        var fields = metadata
        if let provided = metadataProvider?.get() { fields.merge(provided) { $1 } }
        if let given = event.metadata { fields.merge(given) { $1 } }
        let time = Timestamp.now().rfc3339
        switch format {
        case .text: write(Array(Self.text(event, time, fields).utf8))
        case .json: write(json(event, time, fields))
        }
    }

    private static func text(_ event: LogEvent, _ time: String, _ fields: Logger.Metadata) -> String {
        let level = event.level.rawValue.uppercased()
        var line = "\(time) \(level) \(PrintableText.make("\(event.message)"))"
        for (key, value) in fields.sorted(by: { $0.key < $1.key }) {
            line += " \(PrintableText.make(key))=\(PrintableText.make("\(value)"))"
        }
        return line + "\n"
    }

    private func json(_ event: LogEvent, _ time: String, _ fields: Logger.Metadata) -> [UInt8] {
        var line = fields.mapValues { "\($0)" }
        // Set last: a metadata key must not pass itself off as the line's own time or level.
        line["time"] = time
        line["level"] = event.level.rawValue
        line["message"] = "\(event.message)"
        line["logger"] = label
        do {
            return try JSONOutput.line(line)
        } catch {
            // Text always encodes; should it not, the line is kept in the other format.
            return Array(Self.text(event, time, fields).utf8)
        }
    }

    /// One write per line, so that lines of several tasks do not mix.
    private static func writeToStandardError(_ line: [UInt8]) {
        // A log that cannot be written must not stop the server.
        do { try StandardStream.error.write(line) } catch { return }
    }
}

import Dispatch
import Installations
import Logging
import Metrics
import OperatorAPI

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

    /// Everything that is logged, on its way to standard error.
    private static let lines: LineQueue = {
        let dropped = Counter(label: Metric.logLinesDropped.rawValue, factory: PrometheusRegistry.installed)
        return LineQueue(dropped: { dropped.increment(by: Int64($0)) }) { line throws(OutputError) in
            try StandardStream.error.write(line)
        }
    }()

    /// A log of one format. `write` gets whole lines and does not block.
    init(label: String, level: Logger.Level, format: LogFormat, write: @escaping @Sendable ([UInt8]) -> Void) {
        self.label = label
        logLevel = level
        self.format = format
        self.write = write
    }

    /// The process's logger.
    static func logger(level: Logger.Level, format: LogFormat) -> Logger {
        Logger(label: "innkeeper") { label in
            LogOutput(label: label, level: level, format: format) { line in
                lines.put(line) { dropped(label: label, format: format, count: $0) }
            }
        }
    }

    /// Waits a little for what was logged to be written; false when nobody reads it. For the end of the process.
    static func flush() -> Bool { lines.flush(within: .seconds(2)) }

    /// Writes what a server says at its very end, as far as somebody reads it.
    static func writeLast(_ text: [UInt8]) {
        lines.put(text) { _ in [] }
        _ = flush()
    }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    /// The line about lines that found no room.
    private static func dropped(label: String, format: LogFormat, count: Int) -> [UInt8] {
        let message = "log lines were dropped because nobody read them"
        let (time, level, fields) = (Timestamp.now().rfc3339, Logger.Level.warning, ["count": "\(count)"])
        return bytes(message, level, label, format, time, fields)
    }

    func log(event: LogEvent) {
        var fields = metadata
        if let provided = metadataProvider?.get() { fields.merge(provided) { $1 } }
        if let given = event.metadata { fields.merge(given) { $1 } }
        write(
            Self.bytes(
                "\(event.message)", event.level, label, format, Timestamp.now().rfc3339, fields.mapValues { "\($0)" }))
    }

    private static func bytes(
        _ message: String, _ level: Logger.Level, _ label: String, _ format: LogFormat, _ time: String,
        _ fields: [String: String]
    ) -> [UInt8] {
        switch format {
        case .text: return Array(text(message, level, time, fields).utf8)
        case .json:
            var line = fields
            // Set last: a metadata key must not pass itself off as the line's own time or level.
            line["time"] = time
            line["level"] = level.rawValue
            line["message"] = message
            line["logger"] = label
            do {
                return try JSONOutput.line(line)
            } catch {
                // Text always encodes; should it not, the line is kept in the other format.
                return Array(text(message, level, time, fields).utf8)
            }
        }
    }

    private static func text(
        _ message: String, _ level: Logger.Level, _ time: String, _ fields: [String: String]
    ) -> String {
        var line = "\(time) \(level.rawValue.uppercased()) \(PrintableText.make(message))"
        for (key, value) in fields.sorted(by: { $0.key < $1.key }) {
            line += " \(PrintableText.make(key))=\(PrintableText.make(value))"
        }
        return line + "\n"
    }
}

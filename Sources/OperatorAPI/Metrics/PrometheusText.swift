import Installations

/// Prometheus' text format, version 0.0.4.
enum PrometheusText {
    /// What stands above a metric's series.
    static func heading(_ metric: Metric) -> [String] {
        let help = escape(metric.help, quoted: false)
        return ["# HELP \(metric.rawValue) \(help)", "# TYPE \(metric.rawValue) \(metric.kind.rawValue)"]
    }

    /// One sample.
    static func line(_ name: String, _ labels: String, _ value: String) -> String {
        labels.isEmpty ? "\(name) \(value)" : "\(name){\(labels)} \(value)"
    }

    /// Labels as they stand between the braces.
    static func labels(_ labels: [(String, String)]) -> String {
        labels.map { "\($0)=\"\(escape($1, quoted: true))\"" }.joined(separator: ",")
    }

    /// The labels in such a text. Their values come from closed lists, which have no quotation mark.
    static func parts(of labels: String) -> [String: String] {
        let pairs = labels.split(separator: "\",").map { $0.split(separator: "=\"", maxSplits: 1) }
        return Dictionary(
            pairs.filter { $0.count == 2 }.map { pair in
                (String(pair[0]), String(pair[1].hasSuffix("\"") ? pair[1].dropLast() : pair[1]))
            }, uniquingKeysWith: { first, _ in first })
    }

    private static func escape(_ text: String, quoted: Bool) -> String {
        text.unicodeScalars.reduce(into: "") { result, scalar in
            switch scalar {
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            case "\"" where quoted: result += "\\\""
            default: result.unicodeScalars.append(scalar)
            }
        }
    }
}

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

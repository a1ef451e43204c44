import Installations

/// Which environment variables named `INNKEEPER_…` there may be. A misspelt one would leave a limit or a rule at its default
/// without a word, as a misspelt name in `innkeeper.json` would.
enum EnvironmentNames {
    private static let settings = SettingKey.allCases.map(SettingLayers.environmentName) + ["INNKEEPER_DATA_DIR"]

    /// Refuses to start with one that is no setting.
    static func check(_ names: some Sequence<String>) throws(SettingsError) {
        if let name = unknown(among: names).first { throw error(name) }
    }

    /// Those that are no settings, in alphabetical order.
    static func unknown(among names: some Sequence<String>) -> [String] {
        names.filter { $0.hasPrefix("INNKEEPER_") && !settings.contains($0) && !isOfOthers($0) }.sorted()
    }

    /// What is said of one of them; its value is not shown.
    static func error(_ name: String) -> SettingsError {
        .unknownVariable(PrintableText.excerpt(name), nearest: NearestName.find(name, among: settings))
    }

    /// Those that are no settings and there for a reason: a worker's API key, and what Kubernetes makes in each container beside
    /// a Service named `innkeeper`.
    private static func isOfOthers(_ name: String) -> Bool {
        #if DEBUG
        if name == CrashPoint.variable { return true }
        #endif
        return name == "INNKEEPER_API_KEY" || name == "INNKEEPER_PORT" || name.hasPrefix("INNKEEPER_PORT_")
            || name.hasPrefix("INNKEEPER_SERVICE_")
    }
}

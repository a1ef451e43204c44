import Configuration
import Logging
import Marketplace
import OperatorAPI
import PostgresStore

/// Turns what the layers hold into values that are known to be right.
struct SettingsReader {
    let layers: SettingLayers
    /// Relative paths in `innkeeper.json` start here.
    let dataDirectory: String
    /// Relative paths in flags and in the environment start here.
    let workingDirectory: String

    /// A number within its range.
    func number(_ key: SettingKey, default fallback: Int) throws(SettingsError) -> Int {
        try numberIfAny(key) ?? fallback
    }

    /// A number within its range; nil when none is set.
    func numberIfAny(_ key: SettingKey) throws(SettingsError) -> Int? {
        guard let found = try layers.find(key) else { return nil }
        guard case .int(let number) = found.content, case .number(let range) = key.kind, range.contains(number) else {
            throw bad(key, found, key.kind.expectation)
        }
        return number
    }

    /// A boolean.
    func boolean(_ key: SettingKey, default fallback: Bool) throws(SettingsError) -> Bool {
        guard let found = try layers.find(key) else { return fallback }
        guard case .bool(let value) = found.content else { throw bad(key, found, key.kind.expectation) }
        return value
    }

    /// The address of a listener.
    func address(_ key: SettingKey, default fallback: ListenAddress) throws(SettingsError) -> ListenAddress {
        guard let (text, found) = try text(key) else { return fallback }
        guard let address = ListenAddress(text) else {
            throw bad(key, found, "host:port with a port from 0 to 65535, such as \(fallback) or [::1]:0")
        }
        return address
    }

    /// A path, made absolute; nil when none is set.
    func path(_ key: SettingKey) throws(SettingsError) -> String? {
        guard let (text, found) = try text(key) else { return nil }
        guard !text.isEmpty, !text.utf8.contains(0) else { throw bad(key, found, "a path") }
        if case .file = found.source { return Paths.absolute(text, from: dataDirectory) }
        return Paths.absolute(text, from: workingDirectory)
    }

    /// One of the texts that `parse` knows.
    func choice<Choice>(
        _ key: SettingKey, of names: [String], default fallback: Choice, _ parse: (String) -> Choice?
    ) throws(SettingsError) -> Choice {
        guard let (text, found) = try text(key) else { return fallback }
        guard let choice = parse(text) else { throw bad(key, found, "one of " + names.joined(separator: ", ")) }
        return choice
    }

    /// The platform's hosts.
    func hosts() throws(SettingsError) -> PlatformHosts {
        guard let found = try layers.find(.platformHosts) else { return KnownPlatform.clockify.hosts }
        guard case .stringArray(let names) = found.content, let hosts = PlatformHosts(names) else {
            throw bad(
                .platformHosts, found, "host names separated by commas, such as \(KnownPlatform.clockify.hosts.text)")
        }
        return hosts
    }

    /// The hosts that the console answers to; nil for no console.
    func console(bind: ListenAddress) throws(SettingsError) -> ConsoleOrigins? {
        guard try boolean(.consoleEnabled, default: true) else { return nil }
        guard let found = try layers.find(.consoleOrigins) else { return ConsoleOrigins(bind: bind.host) }
        guard case .stringArray(let names) = found.content, !names.isEmpty, let origins = ConsoleOrigins(names) else {
            throw bad(.consoleOrigins, found, "hosts separated by commas, such as https://innkeeper.example.com")
        }
        return origins
    }

    /// Where everything is kept. A mistyped URL may hold a password, so the value is never shown.
    func store() throws(SettingsError) -> StoreChoice {
        guard let (text, found) = try text(.store) else { return .sqlite }
        return try StoreChoice(text, from: found.source)
    }

    /// The same, if a flag or the environment names it; nil when only the file does, or nothing.
    func namedStore() throws(SettingsError) -> StoreChoice? {
        guard let (text, found) = try text(.store) else { return nil }
        if case .file = found.source { return nil }
        return try StoreChoice(text, from: found.source)
    }

    private func text(_ key: SettingKey) throws(SettingsError) -> (String, SettingLayers.Found)? {
        guard let found = try layers.find(key) else { return nil }
        guard case .string(let text) = found.content else { throw bad(key, found, key.kind.expectation) }
        return (text, found)
    }

    private func bad(_ key: SettingKey, _ found: SettingLayers.Found, _ expected: String) -> SettingsError {
        .badValue(key.rawValue, found.source, shown: found.shown, expected: expected)
    }
}

/// Paths as texts.
enum Paths {
    /// The directory an entry lies in.
    static func parent(of path: String) -> String {
        let trimmed = path.hasSuffix("/") ? String(path.dropLast()) : path
        guard let slash = trimmed.lastIndex(of: "/") else { return "." }
        return slash == trimmed.startIndex ? "/" : String(trimmed[..<slash])
    }

    /// The path from `base` unless it is absolute; without `./` in front and slashes at the end.
    static func absolute(_ path: String, from base: String) -> String {
        var relative = path[...]
        while relative.hasPrefix("./") { relative = relative.dropFirst(2).drop { $0 == "/" } }
        var joined = path.hasPrefix("/") ? path : relative == "." || relative.isEmpty ? base : base + "/" + relative
        while joined.count > 1, joined.hasSuffix("/") { joined.removeLast() }
        return joined
    }
}

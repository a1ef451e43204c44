import Configuration
import FoundationEssentials
import Installations
import Marketplace

/// `innkeeper.json`: strict JSON whose every name is a setting. A misspelt name that is ignored would leave a limit or
/// a rule at its default without a word.
struct ConfigurationFile {
    /// The largest file that is read.
    static let limit = 1 << 20

    /// Where it is.
    let path: String
    /// The settings in it.
    private(set) var values: [AbsoluteConfigKey: ConfigValue] = [:]
    /// `forward`, with the names of files as they are written.
    private(set) var forwards: [AddonKey: ForwardTarget] = [:]

    /// A file that is not there yet.
    init(none path: String) {
        self.path = path
    }

    /// Reads the file; a missing one has no settings.
    init(path: String) throws(SettingsError) {
        guard FileManager.default.fileExists(atPath: path) else {
            self.init(none: path)
            return
        }
        let data: Data
        do {
            data = try Data(contentsOf: URL(filePath: path))
        } catch {
            throw .unreadableFile(path)
        }
        try self.init(path: path, bytes: [UInt8](data))
    }

    /// Reads the file's bytes.
    init(path: String, bytes: [UInt8]) throws(SettingsError) {
        self.path = path
        guard bytes.count <= Self.limit else {
            throw .notJSON(file: path, line: 1, problem: "larger than \(Self.limit) bytes")
        }
        // The mark that some editors put in front says nothing.
        let text = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? Array(bytes.dropFirst(3)) : bytes
        let value: JSONValue
        do throws(JSONError) {
            value = try StrictJSON.parse(text.span)
        } catch {
            let line = 1 + text.prefix(error.offset).count { $0 == UInt8(ascii: "\n") }
            throw .notJSON(file: path, line: line, problem: Self.problem(error))
        }
        guard let object = value.object else {
            throw .notJSON(file: path, line: 1, problem: "the file must hold one JSON object")
        }
        try read(object, below: "")
    }

    private mutating func read(_ object: JSONObject, below prefix: String) throws(SettingsError) {
        for (name, value) in object.members {
            let dotted = prefix + name
            let hasInner = SettingKey.allCases.contains { $0.rawValue.hasPrefix(name + ".") }
            // `store` is a setting of its own and also the beginning of others.
            if let key = SettingKey(rawValue: dotted), !name.contains("."), value.object == nil || !hasInner {
                values[AbsoluteConfigKey(key.components)] = ConfigValue(
                    try content(of: value, for: key), isSecret: false)
            } else if dotted == "store.url" {
                // As an object `store` has its own value under a name.
                values[AbsoluteConfigKey(SettingKey.store.components)] = ConfigValue(
                    try content(of: value, for: .store), isSecret: false)
            } else if dotted == "forward" {
                try readForwards(value)
            } else if prefix.isEmpty, hasInner {
                guard let inner = value.object else { throw bad(name, expected: "an object") }
                try read(inner, below: name + ".")
            } else {
                let objects = Set(SettingKey.allCases.compactMap(\.components.first))
                let names = SettingKey.allCases.map(\.rawValue) + objects.sorted() + ["forward"]
                throw .unknownKey(
                    PrintableText.excerpt(dotted), file: path, nearest: NearestName.find(dotted, among: names))
            }
        }
    }

    private func content(of value: JSONValue, for key: SettingKey) throws(SettingsError) -> ConfigContent {
        switch (key.kind, value) {
        case (.text, .string(let text)): return .string(text)
        case (.boolean, .bool(let bool)): return .bool(bool)
        case (.number, .number(let source)):
            guard let number = Int(source) else { break }
            return .int(number)
        case (.list, .string(let text)): return .stringArray(Self.split(text))
        case (.list, .array(let elements)):
            let texts = elements.compactMap(\.string)
            guard texts.count == elements.count else { break }
            return .stringArray(texts)
        default: break
        }
        throw bad(key.rawValue, expected: key.kind.expectation)
    }

    private mutating func readForwards(_ value: JSONValue) throws(SettingsError) {
        guard let addons = value.object else { throw bad("forward", expected: "an object of add-on keys") }
        for (name, value) in addons.members {
            let shown = PrintableText.excerpt(name)
            guard let key = AddonKey(name) else { throw bad("forward.\(shown)", expected: "named by an add-on key") }
            guard let parts = value.object else { throw bad("forward.\(shown)", expected: "an object") }
            let names = ["url", "secret", "ca"]
            for (part, _) in parts.members where !names.contains(part) {
                throw .unknownKey(
                    "forward.\(shown).\(PrintableText.excerpt(part))", file: path,
                    nearest: NearestName.find(part, among: names).map { "forward.\(shown).\($0)" })
            }
            guard let url = parts["url"] else { throw .halfForward(addon: shown, missing: "url", file: path) }
            guard let secret = parts["secret"] else { throw .halfForward(addon: shown, missing: "secret", file: path) }
            guard let url = url.string, HTTPURL(url) != nil else {
                throw bad("forward.\(shown).url", expected: HTTPURL.expectation)
            }
            // The value might be the secret itself by mistake, so it is never shown.
            guard let secret = secret.string, !secret.isEmpty, !secret.hasPrefix("whsec_") else {
                throw bad("forward.\(shown).secret", expected: "the name of a file with the signing secret")
            }
            forwards[key] = ForwardTarget(
                url: url, secretFile: secret, authorities: try authorities(parts["ca"], of: "forward.\(shown)", url))
        }
    }

    private func authorities(
        _ value: JSONValue?, of forward: String, _ url: String
    ) throws(SettingsError) -> AuthoritySource {
        guard let value else { return .system }
        guard let name = value.string, !name.isEmpty, !name.utf8.contains(0), !name.hasPrefix("-----BEGIN") else {
            throw bad(forward + ".ca", expected: "the name of a PEM file with the authorities' certificates")
        }
        // Whoever names authorities means to be sure of the target, and http is never.
        guard url.hasPrefix("https://") else { throw bad(forward + ".url", expected: "an https URL, as there is a ca") }
        return .file(name)
    }

    private func bad(_ key: String, expected: String) -> SettingsError {
        .badValue(key, .file(path), shown: nil, expected: expected)
    }

    /// The items of a list that is written as one text.
    static func split(_ text: String) -> [String] {
        text.split(separator: ",", omittingEmptySubsequences: false).map { item in
            String(item.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
        }
    }

    private static func problem(_ error: JSONError) -> String {
        switch error {
        case .malformed: "not valid JSON"
        case .invalidText: "a text that is not valid UTF-8"
        case .duplicateName: "the same name twice in one object; remove one"
        case .tooDeep: "nested too deeply"
        }
    }
}

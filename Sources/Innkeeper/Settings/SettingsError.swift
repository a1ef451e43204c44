/// Why the configuration cannot be used; exit 78, or 2 for what no argument may be. Says the setting, where its value came from, and the fix.
enum SettingsError: Error, Hashable, CustomStringConvertible {
    /// There is no data directory, and the command needs one.
    case noDataDirectory(String)
    /// The data directory's name is empty, or the path is not a directory.
    case badDataDirectory(String)
    /// `innkeeper.json` cannot be read.
    case unreadableFile(String)
    /// `innkeeper.json` is not a strict JSON object.
    case notJSON(file: String, line: Int, problem: String)
    /// `innkeeper.json` has a name that is no setting.
    case unknownKey(String, file: String, nearest: String?)
    /// The environment has a variable `INNKEEPER_…` that is no setting.
    case unknownVariable(String, nearest: String?)
    /// A value breaks its rule. `shown` is nil for a value that might hold a secret.
    case badValue(String, SettingSource, shown: String?, expected: String)
    /// The URL of a database, with its password, among the arguments. Names the flag.
    case passwordInFlag(String)
    /// An add-on's `forward` has one of its two parts only.
    case halfForward(addon: String, missing: String, file: String)

    var description: String {
        switch self {
        case .noDataDirectory(let path): "there is no data directory at \(path)"
        case .badDataDirectory(let path): "the data directory \(path) is not a directory"
        case .unreadableFile(let path): "\(path) cannot be read"
        case .notJSON(let file, let line, let problem): "\(file), line \(line): \(problem)"
        case .unknownKey(let key, let file, _): "\(file): there is no setting \"\(key)\""
        case .unknownVariable(let name, _): "environment variable \(name) is no setting"
        case .badValue(let key, let source, let shown, let expected):
            "\(key) (from \(source)): " + (shown.map { "\"\($0)\" " } ?? "") + "must be \(expected)"
        case .passwordInFlag(let flag): "\(flag) has a password, which everybody on this machine can read"
        case .halfForward(let addon, let missing, let file): "\(file): forward.\(addon).\(missing) is missing"
        }
    }

    /// Whether the arguments are the matter, and no setting.
    var isOfUsage: Bool {
        if case .passwordInFlag = self { return true }
        return false
    }

    /// What to do about it; nil when the message says it.
    var hint: String? {
        switch self {
        case .noDataDirectory: "make one with: innkeeper init, or name another with --data-dir"
        case .badDataDirectory: "name another with --data-dir"
        case .unreadableFile: "check its owner and mode"
        case .notJSON: nil
        case .unknownKey(_, _, let nearest?):
            "did you mean \"\(nearest)\"? A dot is an object: \(Self.nested(nearest))"
        case .unknownKey(_, _, nil): "remove it; the settings are listed in the README"
        case .unknownVariable(_, let nearest?): "rename it to \(nearest), or unset it"
        case .unknownVariable(_, nil): "unset it; the settings are listed in the README"
        case .badValue(_, let source, _, _): "change \(source)"
        case .passwordInFlag: "leave it out of the URL: put it into ~/.pgpass, or the whole URL into INNKEEPER_STORE"
        case .halfForward: "deliveries are signed, so url and secret go together; add it, or remove the other"
        }
    }

    /// A dotted name as it is written in the file.
    private static func nested(_ name: String) -> String {
        name.split(separator: ".").reversed().reduce("…") { "{\"\($1)\": \($0)}" }
    }
}

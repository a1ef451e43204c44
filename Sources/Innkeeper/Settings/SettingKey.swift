import Configuration

/// Every setting that has one name in three spellings (contract.md section 1). The raw value is the name in
/// `innkeeper.json`, where a dot is an object.
enum SettingKey: String, CaseIterable, Sendable {
    case store = "store"
    case ingressBind = "ingress.bind"
    case ingressMaxBodyBytes = "ingress.maxBodyBytes"
    case ingressMaxBodyBytesInFlight = "ingress.maxBodyBytesInFlight"
    case ingressMaxHeaderBytes = "ingress.maxHeaderBytes"
    case ingressMaxHeaderFields = "ingress.maxHeaderFields"
    case ingressRequestDeadlineSeconds = "ingress.requestDeadlineSeconds"
    case ingressIdleSeconds = "ingress.idleSeconds"
    case ingressMaxConnections = "ingress.maxConnections"
    case operatorBind = "operator.bind"
    case consoleEnabled = "console.enabled"
    case consoleOrigins = "console.origins"
    case platformKeys = "platform.keys"
    case platformRefuseUserClaims = "platform.refuseUserClaims"
    case platformHosts = "platform.hosts"
    case keysDir = "keys.dir"
    case inboxMaxEvents = "inbox.maxEvents"
    case inboxMaxBytes = "inbox.maxBytes"
    case storeMinFreeBytes = "store.minFreeBytes"
    case storeConnections = "store.connections"
    case eventsRetentionDays = "events.retentionDays"
    case directoryMaxInstallations = "directory.maxInstallations"
    case logLevel = "log.level"
    case logFormat = "log.format"

    /// What a value is before it is looked at more closely.
    enum Kind: Hashable, Sendable {
        case text
        case boolean
        case number(ClosedRange<Int>)
        /// Texts, separated by commas where there is no array.
        case list
    }

    /// The value's kind, and a number's range.
    var kind: Kind {
        switch self {
        case .store, .ingressBind, .operatorBind, .platformKeys, .keysDir, .logLevel, .logFormat: .text
        case .platformRefuseUserClaims, .consoleEnabled: .boolean
        case .platformHosts, .consoleOrigins: .list
        case .ingressMaxBodyBytes: .number(1...64 << 20)
        case .ingressMaxBodyBytesInFlight: .number(64 << 10...1 << 40)
        case .ingressMaxHeaderBytes: .number(1024...1 << 20)
        case .ingressMaxHeaderFields: .number(8...10_000)
        case .ingressRequestDeadlineSeconds, .ingressIdleSeconds: .number(1...3600)
        case .ingressMaxConnections: .number(1...1_000_000)
        case .inboxMaxEvents: .number(1...1_000_000_000)
        case .inboxMaxBytes: .number(1...1 << 50)
        case .storeMinFreeBytes: .number(0...1 << 50)
        case .storeConnections: .number(2...64)
        case .eventsRetentionDays: .number(1...3650)
        case .directoryMaxInstallations: .number(1...10_000_000)
        }
    }

    /// The flag, where there is one.
    var flag: String? {
        switch self {
        case .store: "--store"
        case .ingressBind: "--ingress-bind"
        case .operatorBind: "--operator-bind"
        case .platformKeys: "--platform-keys"
        case .platformHosts: "--platform-hosts"
        case .keysDir: "--keys-dir"
        case .logLevel: "--log-level"
        case .logFormat: "--log-format"
        default: nil
        }
    }

    /// The name's parts.
    var components: [String] { rawValue.split(separator: ".").map(String.init) }
}

extension SettingKey.Kind {
    /// What to ask a configuration provider for.
    var type: ConfigType {
        switch self {
        case .text: .string
        case .boolean: .bool
        case .number: .int
        case .list: .stringArray
        }
    }

    /// What a value of another kind should have been.
    var expectation: String {
        switch self {
        case .text: "a text"
        case .boolean: "true or false"
        case .number(let range): "a whole number from \(range.lowerBound) to \(range.upperBound)"
        case .list: "a list of texts"
        }
    }
}

/// Where a value came from; an error names it, since three places can hold the same setting.
enum SettingSource: Hashable, Sendable, CustomStringConvertible {
    case flag(String)
    case environment(String)
    case file(String)

    var description: String {
        switch self {
        case .flag(let name): name
        case .environment(let name): "environment variable \(name)"
        case .file(let path): path
        }
    }
}

import Configuration

/// The places a setting may come from, the strongest first: flag, environment, `innkeeper.json`.
///
/// Each is a provider of swift-configuration. They are asked one by one instead of through one `ConfigReader`, because
/// an error must name the place, and because a wrong value must never fall through to the next place.
struct SettingLayers {
    /// A value and where it came from.
    struct Found {
        let content: ConfigContent
        let source: SettingSource
        /// The value as it was written, for an error message.
        let shown: String?
    }

    private let flags: InMemoryProvider
    private let environment: EnvironmentVariablesProvider
    private let file: InMemoryProvider
    private let filePath: String

    /// The three layers.
    init(flags: [SettingKey: String], environment: [String: String], file: ConfigurationFile) {
        let given = flags.map { key, text in
            (
                AbsoluteConfigKey(key.components),
                ConfigValue(
                    key.kind == .list ? .stringArray(ConfigurationFile.split(text)) : .string(text), isSecret: false)
            )
        }
        self.flags = InMemoryProvider(name: "flags", values: Dictionary(uniqueKeysWithValues: given))
        self.environment = EnvironmentVariablesProvider(environmentVariables: environment)
        self.file = InMemoryProvider(name: "innkeeper.json", values: file.values)
        filePath = file.path
    }

    /// The strongest value of a setting; nil when no layer has one.
    func find(_ key: SettingKey) throws(SettingsError) -> Found? {
        let type = key.kind.type
        let absolute = AbsoluteConfigKey(key.components)
        if let flag = key.flag, let value = try ask(flags, absolute, type, key, .flag(flag), nil) { return value }

        let inEnvironment = AbsoluteConfigKey(["innkeeper"] + key.components)
        let name = Self.environmentName(key)
        let text = try variable(name, key)
        if text?.isEmpty == true {
            // Set but empty is a mistake in a start script; the default might be the opposite of what was meant.
            throw .badValue(key.rawValue, .environment(name), shown: nil, expected: "unset, or \(key.kind.expectation)")
        }
        if let value = try ask(environment, inEnvironment, type, key, .environment(name), text) { return value }
        return try ask(file, absolute, type, key, .file(filePath), nil)
    }

    /// The environment variable of a setting: `ingress.maxBodyBytes` is `INNKEEPER_INGRESS_MAX_BODY_BYTES`.
    static func environmentName(_ key: SettingKey) -> String {
        let provider = EnvironmentVariablesProvider(environmentVariables: [:])
        do {
            return try provider.value(
                forKey: AbsoluteConfigKey(["innkeeper"] + key.components), type: key.kind.type
            ).encodedKey
        } catch {
            return key.rawValue  // An empty environment has no value that could be of the wrong type.
        }
    }

    private func variable(_ name: String, _ key: SettingKey) throws(SettingsError) -> String? {
        do {
            return try environment.environmentValue(forName: name)
        } catch {
            throw .badValue(key.rawValue, .environment(name), shown: nil, expected: key.kind.expectation)
        }
    }

    private func ask(
        _ provider: some ConfigProvider, _ absolute: AbsoluteConfigKey, _ type: ConfigType, _ key: SettingKey,
        _ source: SettingSource, _ text: String?
    ) throws(SettingsError) -> Found? {
        let value: ConfigValue?
        do {
            value = try provider.value(forKey: absolute, type: type).value
        } catch {
            // The library's error holds the value; ours decides what may be shown.
            throw .badValue(
                key.rawValue, source, shown: text.map { PrintableText.excerpt($0) }, expected: key.kind.expectation)
        }
        return value.map { Found(content: $0.content, source: source, shown: Self.shown($0.content)) }
    }

    private static func shown(_ content: ConfigContent) -> String? {
        switch content {
        case .string(let text): PrintableText.excerpt(text)
        case .int(let number): String(number)
        case .bool(let bool): String(bool)
        case .stringArray(let texts): PrintableText.excerpt(texts.joined(separator: ","))
        default: nil
        }
    }
}

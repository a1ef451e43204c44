import FoundationEssentials
import Ingress
import Logging
import Marketplace
import OperatorAPI

/// Everything that can be configured, read once and known to be right (contract.md section 1). Flag, environment,
/// `innkeeper.json`, default: the first that is there wins.
struct Settings: Sendable {
    /// Where everything of the deployment is.
    let dataDirectory: DataDirectory
    /// Where everything is kept.
    let store: StoreChoice
    /// The same, if a flag or the environment names it; nil when only the file does, or nothing.
    let namedStore: StoreChoice?
    /// Connections to it, where it is a server.
    let storeConnections: Int
    /// The public listener and its limits.
    var ingress: IngressConfiguration
    /// Where the operator listener listens.
    var operatorBind: ListenAddress
    /// A PEM file of trusted keys; nil for the built-in Clockify key.
    var platformKeysFile: String?
    /// Whether a lifecycle token with user claims is refused.
    var refuseUserClaims: Bool
    /// The hosts an installation's API URL may have.
    var platformHosts: PlatformHosts
    /// The directory of storage key files.
    var keysDirectory: String
    /// Events that wait or are dead letters; beyond it webhooks are not accepted.
    var inboxMaxEvents: Int
    /// Bytes of their sealed bodies; beyond it webhooks are not accepted.
    var inboxMaxBytes: Int
    /// With less space free, webhooks are not accepted; nil for what suits the file system.
    var storeMinFreeBytes: Int?
    /// Days that settled events are kept.
    var eventsRetentionDays: Int
    /// The hosts that the console answers to; nil for no console.
    var console: ConsoleOrigins?
    /// Installations in the token directory.
    var directoryMaxInstallations: Int
    /// The least severe log line that is written.
    var logLevel: Logger.Level
    /// Whether somebody set `logLevel`.
    var hasLogLevel: Bool
    /// How log lines are written.
    var logFormat: LogFormat
    /// Where each add-on's events are delivered.
    var forwards: [AddonKey: ForwardTarget]
    /// Descriptors that a server's store may take: each connection's, that of its lock, one to ask after a lost answer, and a
    /// backup's.
    var storeDescriptors: Int {
        switch store {
        case .sqlite: 0
        case .postgres: storeConnections + 3
        }
    }

    /// Reads everything anew, for when `innkeeper.json` came out of a backup meanwhile.
    let again: @Sendable () throws(SettingsError) -> Settings
    /// Where key files would be with this `innkeeper.json`.
    let keysDirectoryWith: @Sendable (ConfigurationFile) throws(SettingsError) -> String

    /// Reads all settings.
    ///
    /// - Parameters:
    ///   - directory: The value of `--data-dir`; nil for `INNKEEPER_DATA_DIR` or the default.
    ///   - flags: The other flags that were given.
    static func load(
        directory: String?, flags: [SettingKey: String], environment: [String: String], workingDirectory: String,
        isTerminal: Bool
    ) throws(SettingsError) -> Settings {
        let dataDirectory = try locate(directory, environment, workingDirectory)
        guard FileManager.default.fileExists(atPath: dataDirectory.path) else {
            throw .noDataDirectory(dataDirectory.path)
        }
        guard dataDirectory.exists else { throw .badDataDirectory(dataDirectory.path) }
        let file = try ConfigurationFile(path: dataDirectory.configurationFile)
        let reader = SettingsReader(
            layers: SettingLayers(flags: flags, environment: environment, file: file),
            dataDirectory: dataDirectory.path, workingDirectory: workingDirectory)
        return try Settings(
            dataDirectory, reader, forwards: file.forwards,
            authorities: AuthoritySource(environment: environment, workingDirectory: workingDirectory),
            defaultFormat: isTerminal ? .text : .json
        ) { () throws(SettingsError) in
            try load(
                directory: directory, flags: flags, environment: environment, workingDirectory: workingDirectory,
                isTerminal: isTerminal)
        } keysDirectoryWith: { file throws(SettingsError) in
            let layers = SettingLayers(flags: flags, environment: environment, file: file)
            let reader = SettingsReader(
                layers: layers, dataDirectory: dataDirectory.path, workingDirectory: workingDirectory)
            _ = try reader.store()
            return try reader.path(.keysDir) ?? dataDirectory.keysDirectory
        }
    }

    private init(
        _ directory: DataDirectory, _ reader: SettingsReader, forwards: [AddonKey: ForwardTarget],
        authorities: AuthoritySource,
        defaultFormat: LogFormat, again: @escaping @Sendable () throws(SettingsError) -> Settings,
        keysDirectoryWith: @escaping @Sendable (ConfigurationFile) throws(SettingsError) -> String
    ) throws(SettingsError) {
        dataDirectory = directory
        self.again = again
        self.keysDirectoryWith = keysDirectoryWith
        store = try reader.store()
        namedStore = try reader.namedStore()
        storeConnections = try reader.number(.storeConnections, default: 8)
        ingress = try Self.ingress(reader)
        operatorBind = try reader.address(.operatorBind, default: .loopback(port: 8081))
        console = try reader.console(bind: operatorBind)
        platformKeysFile = try reader.path(.platformKeys)
        refuseUserClaims = try reader.boolean(.platformRefuseUserClaims, default: true)
        platformHosts = try reader.hosts()
        keysDirectory = try reader.path(.keysDir) ?? directory.keysDirectory
        inboxMaxEvents = try reader.number(.inboxMaxEvents, default: 5_000_000)
        inboxMaxBytes = try reader.number(.inboxMaxBytes, default: 8 << 30)
        storeMinFreeBytes = try reader.numberIfAny(.storeMinFreeBytes)
        eventsRetentionDays = try reader.number(.eventsRetentionDays, default: 7)
        directoryMaxInstallations = try reader.number(.directoryMaxInstallations, default: 200_000)
        logLevel = try reader.choice(.logLevel, of: Logger.Level.allCases.map(\.rawValue), default: .info) {
            Logger.Level(rawValue: $0)
        }
        hasLogLevel = try reader.layers.find(.logLevel) != nil
        logFormat = try reader.choice(.logFormat, of: LogFormat.allCases.map(\.rawValue), default: defaultFormat) {
            LogFormat(rawValue: $0)
        }
        self.forwards = forwards.mapValues { target in
            target.resolved(in: directory.path, otherwise: authorities)
        }
    }

    private static func ingress(_ reader: SettingsReader) throws(SettingsError) -> IngressConfiguration {
        let bind = try reader.address(.ingressBind, default: .loopback(port: 8080))
        var ingress = IngressConfiguration(host: bind.host, port: bind.port)
        ingress.maxBodyBytes = try reader.number(.ingressMaxBodyBytes, default: ingress.maxBodyBytes)
        ingress.maxBodyBytesInFlight = try reader.number(
            // Whoever allows longer bodies wants some of them at once.
            .ingressMaxBodyBytesInFlight, default: max(ingress.maxBodyBytesInFlight, 4 * ingress.maxBodyBytes))
        ingress.maxHeaderBytes = try reader.number(.ingressMaxHeaderBytes, default: ingress.maxHeaderBytes)
        ingress.maxHeaderFields = try reader.number(.ingressMaxHeaderFields, default: ingress.maxHeaderFields)
        ingress.requestDeadline = .seconds(try reader.number(.ingressRequestDeadlineSeconds, default: 15))
        ingress.idleTimeout = .seconds(try reader.number(.ingressIdleSeconds, default: 60))
        ingress.maxConnections = try reader.number(.ingressMaxConnections, default: ingress.maxConnections)
        return ingress
    }

    /// The data directory: `--data-dir`, `INNKEEPER_DATA_DIR`, `./innkeeper-data`.
    static func locate(
        _ flag: String?, _ environment: [String: String], _ workingDirectory: String
    ) throws(SettingsError) -> DataDirectory {
        let sources: [(String?, SettingSource)] = [
            (flag, .flag("--data-dir")), (environment["INNKEEPER_DATA_DIR"], .environment("INNKEEPER_DATA_DIR")),
        ]
        for case (let path?, let source) in sources {
            guard !path.isEmpty, !path.utf8.contains(0) else {
                throw .badValue("data directory", source, shown: nil, expected: "a path")
            }
            return DataDirectory(path: Paths.absolute(path, from: workingDirectory))
        }
        return DataDirectory(path: Paths.absolute(DataDirectory.defaultPath, from: workingDirectory))
    }
}

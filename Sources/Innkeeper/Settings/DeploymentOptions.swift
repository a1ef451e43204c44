import ArgumentParser
import FoundationEssentials
import Marketplace
import Sealing

/// Where the deployment is; on every command that needs one.
struct DirectoryOption: ParsableArguments {
    @Option(
        name: .customLong("data-dir"),
        help: ArgumentHelp("The data directory. Default: INNKEEPER_DATA_DIR, or ./innkeeper-data.", valueName: "dir"),
        completion: .directory)
    var path: String?

    /// How a printed command names a directory that was named; empty where the next command finds it by itself.
    func option(_ directory: String) -> String {
        path == nil ? "" : " --data-dir \(ShellWord.quote(PrintableText.make(directory)))"
    }
}

/// The settings that have a flag. Their meaning is in the README's table.
struct SettingFlags: ParsableArguments {
    @Option(help: ArgumentHelp("sqlite, in the data directory, or postgres://USER@HOST/DATABASE.", valueName: "store"))
    var store: String?

    @Option(
        help: ArgumentHelp("Public listener; port 0 takes a free one. Default: 127.0.0.1:8080.", valueName: "host:port")
    )
    var ingressBind: String?

    @Option(help: ArgumentHelp("Operator listener. Default: 127.0.0.1:8081.", valueName: "host:port"))
    var operatorBind: String?

    @Option(
        help: ArgumentHelp(
            "PEM file of trusted platform keys. Default: the built-in \(KnownPlatform.clockify.name) key.",
            valueName: "file"),
        completion: .file())
    var platformKeys: String?

    @Option(
        help: ArgumentHelp(
            "Hosts of the platform's API, comma-separated. Default: \(KnownPlatform.clockify.hosts.text).",
            valueName: "hosts"))
    var platformHosts: String?

    @Option(
        help: ArgumentHelp("Directory of the storage keys. Default: keys in the data directory.", valueName: "dir"),
        completion: .directory)
    var keysDir: String?

    @Option(help: ArgumentHelp("trace, debug, info, notice, warning, error or critical.", valueName: "level"))
    var logLevel: String?

    @Option(help: ArgumentHelp("text or json. Default: text on a terminal.", valueName: "format"))
    var logFormat: String?

    /// The flags that were given.
    var values: [SettingKey: String] {
        let all: [SettingKey: String?] = [
            .store: store, .ingressBind: ingressBind, .operatorBind: operatorBind, .platformKeys: platformKeys,
            .platformHosts: platformHosts, .keysDir: keysDir, .logLevel: logLevel, .logFormat: logFormat,
        ]
        return all.compactMapValues { $0 }
    }
}

/// The deployment a command works on. The setting flags are accepted everywhere; `serve --help` explains them.
struct DeploymentOptions: ParsableArguments {
    @OptionGroup var directory: DirectoryOption
    @OptionGroup(visibility: .hidden) var flags: SettingFlags

    /// All settings.
    func settings() throws(SettingsError) -> Settings {
        try .load(directory, flags)
    }
}

extension Settings {
    /// All settings, from this process's flags, environment and working directory.
    static func load(_ directory: DirectoryOption, _ flags: SettingFlags) throws(SettingsError) -> Settings {
        try load(
            directory: directory.path, flags: flags.values, environment: ProcessInfo.processInfo.environment,
            workingDirectory: FileManager.default.currentDirectoryPath, isTerminal: Terminal(.error).isTerminal)
    }
}

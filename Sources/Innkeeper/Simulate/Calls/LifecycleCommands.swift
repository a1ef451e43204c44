import ArgumentParser
import FoundationEssentials
import Marketplace

extension WebhookPathForm: ExpressibleByArgument {}

/// `simulate install`
struct SimulateInstallCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "install", abstract: "Install the add-on in one or many workspaces.",
        discussion: """
            Examples:
              innkeeper simulate install --workspaces 200
              innkeeper simulate install --from 17 --generation 2
            """)

    @OptionGroup var options: CallOptions

    @Option(help: "How the call writes webhook paths.")
    var pathForm = WebhookPathForm.doubleSlash

    @Option(help: "The platform API that the installations are told to use.")
    var apiURL = KnownPlatform.clockify.apiURL

    func run() async throws {
        try await CallSession.run(options) { session in
            var calls = session.calls
            calls.pathForm = pathForm
            calls.apiURL = apiURL
            try await session.send("install", expected: 204) { [calls] installation, _ in
                try calls.installed(installation, now: CallSession.now)
            }
        }
    }
}

/// `simulate status`
struct SimulateStatusCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status", abstract: "Switch the add-on on or off in workspaces where it is installed.",
        discussion: """
            Examples:
              innkeeper simulate status INACTIVE
              innkeeper simulate status ACTIVE --workspaces 20
            """)

    @Argument(help: "ACTIVE or INACTIVE. Any other word is sent as it is.")
    var status: String

    @OptionGroup var options: CallOptions

    func run() async throws {
        try await CallSession.run(options) { session in
            try await session.send("status \(status)", expected: 204) { [calls = session.calls] installation, _ in
                try calls.statusChanged(installation, to: status, now: CallSession.now)
            }
        }
    }
}

/// `simulate settings`
struct SimulateSettingsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "settings", abstract: "Change the add-on's settings in workspaces where it is installed.",
        discussion: """
            Examples:
              innkeeper simulate settings
              innkeeper simulate settings --settings settings.json --workspaces 20
            """)

    @Option(help: "File with the value of 'settings', a JSON array or object. Default: three made-up settings.")
    var settings: String?

    @OptionGroup var options: CallOptions

    func run() async throws {
        try await CallSession.run(options) { session in
            let settings = try value()
            try await session.send("settings", expected: 204) { [calls = session.calls] installation, _ in
                try calls.settingsUpdated(installation, settings: settings, now: CallSession.now)
            }
        }
    }

    private func value() throws(SimulateError) -> JSONValue {
        guard let path = settings else { return StandInCalls.sampleSettings }
        guard let bytes = FileManager.default.contents(atPath: path) else {
            throw .file(path: path, reason: "cannot be read")
        }
        do throws(JSONError) {
            let value = try StrictJSON.parse(Array(bytes).span)
            if value.array != nil || value.object != nil { return value }
        } catch {
            throw .badSettings(path: path)
        }
        throw .badSettings(path: path)
    }
}

/// `simulate uninstall`
struct SimulateUninstallCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "uninstall", abstract: "Uninstall the add-on from one or many workspaces.",
        discussion: """
            Examples:
              innkeeper simulate uninstall
              innkeeper simulate uninstall --from 10 --workspaces 5
            """)

    @OptionGroup var options: CallOptions

    func run() async throws {
        try await CallSession.run(options) { session in
            try await session.send("uninstall", expected: 204) { [calls = session.calls] installation, _ in
                try calls.deleted(installation, now: CallSession.now)
            }
        }
    }
}

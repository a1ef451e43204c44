import ArgumentParser
import Glibc
import OperatorAPI

/// `--rate`, on every command that walks over all installations.
struct RateOption: ParsableArguments {
    @Option(help: ArgumentHelp("Installations per second; 0 for as fast as it goes.", valueName: "n"))
    var rate = 1000

    func validate() throws {
        guard (0...1_000_000).contains(rate) else { throw ValidationError("--rate must be 0 to 1000000") }
    }
}

/// `keys rewrap`
struct KeysRewrapCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rewrap",
        abstract: "Seal every installation's key anew under the primary key; goes on when run again.",
        discussion: """
            Exit 6 when some rows do not open: they are left as they are.

            Examples:
              innkeeper keys rewrap
              innkeeper keys rewrap --rate 500
            """)

    @OptionGroup var rate: RateOption
    @OptionGroup var output: OutputOptions
    @OptionGroup var deployment: DeploymentOptions

    func run() async throws {
        let work = AwaitedWork(
            command: "innkeeper keys rewrap", path: OperatorPath("keys", "rewrap"),
            body: KeyWorkJSON(rate: rate.rate, processId: getpid()))
        let done = try await OperatorSession.run(try deployment.settings()) { client in
            try await work.run(client, as: RewrapReportJSON.self)
        }
        try output.write(done) {
            "\(done.rewrapped) rewrapped, \(done.skipped) changed meanwhile, \(done.corrupt) do not open\n"
        }
        if done.corrupt > 0 { throw ExitCode(CommandStatus.partial.rawValue) }
    }
}

/// `keys verify`
struct KeysVerifyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract: "Open every sealed value and name those that do not open; exit 5 with findings.",
        discussion: """
            Changes nothing. A value that does not open is corrupt, or in the wrong place
            (it was moved there from another installation), or names an unknown key (whose
            file is missing, or which is not in force). A row that decides something, such
            as an API key's scopes, is forged when somebody without the deployment's key
            changed it or put an older one back.

            The flags of settings, such as --keys-dir, are taken too: see serve --help.

            Examples:
              innkeeper keys verify
              innkeeper keys verify --sample 1000
              innkeeper keys verify -o json
            """)

    @Option(help: ArgumentHelp("Only so many installations, chosen at random over the whole store.", valueName: "n"))
    var sample: Int?

    @OptionGroup var rate: RateOption
    @OptionGroup var output: OutputOptions
    @OptionGroup var deployment: DeploymentOptions

    func validate() throws {
        if let sample, !(1...1_000_000).contains(sample) { throw ValidationError("--sample must be 1 to 1000000") }
    }

    func run() async throws {
        let work = AwaitedWork(
            command: "innkeeper keys verify", path: OperatorPath("keys", "verify"),
            body: KeyWorkJSON(rate: rate.rate, sample: sample, processId: getpid()))
        let found = try await OperatorSession.run(try deployment.settings()) { client in
            try await work.run(client, as: VerifyReportJSON.self)
        }
        try output.write(found) { Self.text(found) }
        guard found.damaged.isEmpty else { throw ExitCode(CommandStatus.findings.rawValue) }
    }

    static func text(_ found: VerifyReportJSON) -> String {
        var text = "\(found.opened) sealed values of \(found.installations) installations open\n"
        for value in found.damaged {
            let owner = [value.addonKey, value.workspaceId, value.addonId].compactMap { $0 }.joined(separator: "/")
            let place = value.place.map { " \($0)" } ?? ""
            text +=
                PrintableText.make(
                    "does not \(value.reason == "forged" ? "count" : "open") (\(value.reason)): "
                        + "\(value.table) \(value.number)\(place)" + (owner.isEmpty ? "" : " of \(owner)")) + "\n"
        }
        if found.more > 0 { text += "and \(found.more) more\n" }
        return text
    }
}

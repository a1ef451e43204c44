import ArgumentParser
import OperatorAPI

/// `--rate`, on every command that walks over all installations.
struct RateOption: ParsableArguments {
    @Option(help: ArgumentHelp("Installations per second; 0 for as fast as it goes.", valueName: "n"))
    var rate = 2000

    func validate() throws {
        guard rate >= 0 else { throw ValidationError("--rate must be 0 or more") }
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

    /// What was done.
    struct Report: Encodable {
        let rewrapped: Int
        let skipped: Int
        let corrupt: Int
    }

    func run() async throws {
        let rows = rate.rate
        let done = try await OperatorSession.run(try deployment.settings()) { client in
            try await Self.rewrapAll(KeyWork(client: client, rate: rows))
        }
        try output.write(Report(rewrapped: done.rewrapped, skipped: done.overtaken, corrupt: done.damaged)) {
            "\(done.rewrapped) rewrapped, \(done.overtaken) changed meanwhile, \(done.damaged) do not open\n"
        }
        if done.damaged > 0 { throw ExitCode(CommandStatus.partial.rawValue) }
    }

    /// Wraps away from every key that is not primary, retiring ones with nothing to do included: the deployment's own
    /// key may still be under one.
    static func rewrapAll(_ work: KeyWork) async throws -> KeyWork.Rewrapped {
        var total = KeyWork.Rewrapped()
        for key in try await work.client.get(OperatorPath("keys"), as: [StorageKeyJSON].self)
        where key.state == "retiring" || (key.state != "primary" && key.installations > 0) {
            let done = try await work.rewrap(from: key)
            total.rewrapped += done.rewrapped
            total.overtaken += done.overtaken
            total.damaged += done.damaged
        }
        return total
    }
}

/// `keys verify`
struct KeysVerifyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract: "Open every sealed value and name those that do not open; exit 5 with findings.",
        discussion: """
            Changes nothing.

            Examples:
              innkeeper keys verify
              innkeeper keys verify -o json
            """)

    @OptionGroup var rate: RateOption
    @OptionGroup var output: OutputOptions
    @OptionGroup var deployment: DeploymentOptions

    /// What was found.
    struct Report: Encodable {
        let installations: Int
        let opened: Int64
        let damaged: [DamagedJSON]
        let more: Int
    }

    func run() async throws {
        let rows = rate.rate
        let found = try await OperatorSession.run(try deployment.settings()) { client in
            let keys = try await client.get(OperatorPath("keys"), as: [StorageKeyJSON].self)
            return try await KeyWork(client: client, rate: rows)
                .verify(installations: keys.reduce(0) { $0 + Int($1.installations) })
        }
        let report = Report(
            installations: found.installations, opened: found.opened, damaged: found.damaged, more: found.more)
        try output.write(report) { Self.text(found) }
        guard found.damaged.isEmpty else { throw ExitCode(CommandStatus.findings.rawValue) }
    }

    static func text(_ found: KeyWork.Verified) -> String {
        var text = "\(found.opened) sealed values of \(found.installations) installations open\n"
        for value in found.damaged {
            let owner = [value.addonKey, value.workspaceId, value.addonId].compactMap { $0 }.joined(separator: "/")
            let place = value.place.map { " \($0)" } ?? ""
            text +=
                PrintableText.make(
                    "does not open (\(value.reason)): \(value.table) \(value.number)\(place) of \(owner)") + "\n"
        }
        if found.more > 0 { text += "and \(found.more) more\n" }
        return text
    }
}

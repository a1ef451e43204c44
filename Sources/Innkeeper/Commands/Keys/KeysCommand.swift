import ArgumentParser
import OperatorAPI

/// `keys`
struct KeysCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "keys",
        abstract: "Storage keys, which protect every token at rest.",
        discussion: """
            Examples:
              innkeeper keys list
              innkeeper keys rotate
              innkeeper keys verify
            """,
        subcommands: [
            KeysListCommand.self, KeysCensusCommand.self, KeysRotateCommand.self, KeysAddCommand.self,
            KeysPromoteCommand.self, KeysRewrapCommand.self, KeysVerifyCommand.self, KeysRetireCommand.self,
            KeysEnableCommand.self, KeysDestroyCommand.self,
        ])
}

/// `keys list`
struct KeysListCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "List storage keys: state, times, installations sealed under each.",
        discussion: """
            Examples:
              innkeeper keys list
              innkeeper keys list -o json
            """)

    @OptionGroup var output: OutputOptions
    @OptionGroup var deployment: DeploymentOptions

    func run() async throws {
        let keys = try await OperatorSession.run(try deployment.settings()) { client in
            try await client.get(OperatorPath("keys"), as: [StorageKeyJSON].self)
        }
        let terminal = Terminal(.output)
        try output.write(
            keys,
            columns: [
                Column("ID"), Column("STATE"), Column("CREATED"), Column("PROMOTED"), Column("INSTALLATIONS", .right),
            ],
            empty: "no storage keys"
        ) { key in
            [
                key.id, key.state, Moment.cell(key.createdAt, terminal: terminal),
                Moment.cell(key.promotedAt, terminal: terminal), String(key.installations),
            ]
        }
    }
}

/// `keys census`
struct KeysCensusCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "census",
        abstract: "Count the installations sealed under each storage key.",
        discussion: """
            A key may be retired when its count is zero.

            Examples:
              innkeeper keys census
              innkeeper keys census -o json
            """)

    @OptionGroup var output: OutputOptions
    @OptionGroup var deployment: DeploymentOptions

    /// One line of the census.
    struct Line: Encodable {
        let id: String
        let state: String
        let installations: Int64
    }

    func run() async throws {
        let keys = try await OperatorSession.run(try deployment.settings()) { client in
            try await client.get(OperatorPath("keys"), as: [StorageKeyJSON].self)
        }
        try output.write(
            keys.map { Line(id: $0.id, state: $0.state, installations: $0.installations) },
            columns: [Column("ID"), Column("STATE"), Column("INSTALLATIONS", .right)], empty: "no storage keys"
        ) { [$0.id, $0.state, String($0.installations)] }
    }
}

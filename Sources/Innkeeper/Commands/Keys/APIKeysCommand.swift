import ArgumentParser
import Installations
import OperatorAPI

/// `api-keys`
struct APIKeysCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "api-keys",
        abstract: "Keys for clients of the operator listener.",
        discussion: """
            Examples:
              innkeeper api-keys create --name worker --scope events tokens
              innkeeper api-keys revoke ID
            """,
        subcommands: [APIKeysCreateCommand.self, APIKeysListCommand.self, APIKeysRevokeCommand.self])
}

extension Scope: ExpressibleByArgument {}

/// `api-keys create`
struct APIKeysCreateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "create",
        abstract: "Make an API key; its secret is printed once.",
        discussion: """
            Scopes: read (lists), tokens (installation tokens), events (lease and settle),
            admin (all but what the local socket alone may do). A key that is bound to
            add-ons sees those only and can have any scope but admin.

            Examples:
              innkeeper api-keys create --name worker --scope events --scope tokens
              innkeeper api-keys create --name monitoring --scope read -o json
              innkeeper api-keys create --name app --scope read --addon KEY --expires 90d
            """)

    @Option(help: ArgumentHelp("What the key is for.", valueName: "name"))
    var name: String

    @Option(
        parsing: .upToNextOption, help: ArgumentHelp("read, tokens, events or admin; one or more.", valueName: "scope"))
    var scope: [Scope]

    @Option(
        parsing: .upToNextOption,
        help: ArgumentHelp("Only for this add-on; several may follow. Default: all.", valueName: "key"))
    var addon: [String] = []

    @Option(
        help: ArgumentHelp(
            "When it ends: RFC 3339, a date, or from now such as 12h, 90d. Default: never.", valueName: "time"))
    var expires: String?

    @OptionGroup var output: OutputOptions
    @OptionGroup var deployment: DeploymentOptions

    func validate() throws {
        guard (1...64).contains(name.count) else { throw ValidationError("--name must have 1 to 64 characters") }
        guard !scope.isEmpty else { throw ValidationError("--scope is missing") }
        guard addon.isEmpty || !scope.contains(.admin) else {
            throw ValidationError("--scope admin and --addon exclude each other: it could make itself a key for all")
        }
        if let expires {
            guard let end = Since.parse(expires, age: .ahead), end > .now() else {
                throw ValidationError(
                    "--expires must be to come: RFC 3339, a date, or a time from now such as 12h, 90d")
            }
        }
    }

    func run() async throws {
        let wanted = NewAPIKeyJSON(
            name: name, scopes: Set(scope).map(\.rawValue).sorted(), addons: addon.isEmpty ? nil : addon,
            expiresAt: expires.flatMap { Since.parse($0, age: .ahead) }?.rfc3339)
        let key = try await OperatorSession.run(try deployment.settings()) { client in
            try await client.post(OperatorPath("api-keys"), wanted, as: CreatedAPIKeyJSON.self)
        }
        try output.write(key) {
            var fields = Fields(terminal: Terminal(.output))
            fields.add("id", key.id)
            fields.add("name", key.name)
            fields.add("scopes", key.scopes.joined(separator: ", "))
            if !key.addons.isEmpty { fields.add("add-ons", key.addons.joined(separator: ", ")) }
            if let end = key.expiresAt { fields.add("expires", end) }
            fields.add("secret", key.secret)
            return fields.text
        }
        if output.format == .table { StandardStream.note("the secret is shown only now") }
    }
}

/// `api-keys list`
struct APIKeysListCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "List API keys, without secrets.",
        discussion: """
            Examples:
              innkeeper api-keys list
            """)

    @OptionGroup var output: OutputOptions
    @OptionGroup var deployment: DeploymentOptions

    func run() async throws {
        let keys = try await OperatorSession.run(try deployment.settings()) { client in
            try await client.get(OperatorPath("api-keys"), as: [APIKeyJSON].self)
        }
        let terminal = Terminal(.output)
        try output.write(
            keys,
            columns: [
                Column("ID"), Column("NAME", mayShrink: true), Column("SCOPES"), Column("ADD-ONS", mayShrink: true),
                Column("CREATED"), Column("EXPIRES"), Column("LAST USED"), Column("FROM"), Column("REVOKED"),
            ],
            empty: "no API keys\nhint: make one with: innkeeper api-keys create --name NAME --scope read"
        ) { key in
            [
                key.id, key.name, key.scopes.joined(separator: ","),
                key.addons.isEmpty ? "all" : key.addons.joined(separator: ","),
                Moment.cell(key.createdAt, terminal: terminal), Moment.cell(key.expiresAt, terminal: terminal),
                Moment.cell(key.lastUsedAt, terminal: terminal), key.lastUsedFrom ?? "-",
                Moment.cell(key.revokedAt, terminal: terminal),
            ]
        }
    }
}

/// `api-keys revoke`
struct APIKeysRevokeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "revoke",
        abstract: "Revoke an API key, at once and for good.",
        discussion: """
            Examples:
              innkeeper api-keys revoke ID
            """)

    @Argument(help: ArgumentHelp("The key's id.", valueName: "id"))
    var id: String

    @OptionGroup var output: OutputOptions
    @OptionGroup var deployment: DeploymentOptions

    func validate() throws {
        try IDArgument.check(id, "id")
    }

    func run() async throws {
        let id = id
        try await OperatorSession.run(try deployment.settings()) { client in
            try await client.delete(OperatorPath("api-keys", id))
        }
        try output.write(["revoked": id]) { "revoked \(id)\n" }
    }
}

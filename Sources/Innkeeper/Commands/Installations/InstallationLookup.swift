import ArgumentParser
import OperatorAPI

/// Which installation a command is about: a workspace, optionally the installation's id, optionally the add-on.
struct InstallationArguments: ParsableArguments {
    @Argument(help: ArgumentHelp("The workspace.", valueName: "workspaceId"))
    var workspaceID: String

    @Argument(help: ArgumentHelp("The installation. Default: the live one, else the newest.", valueName: "addonId"))
    var addonID: String?

    @Option(help: ArgumentHelp("The add-on, when the workspace has several.", valueName: "key"))
    var addon: String?

    func validate() throws {
        try IDArgument.check(workspaceID, "workspaceId")
        if let addonID { try IDArgument.check(addonID, "addonId") }
    }

    /// Finds it.
    func find(_ client: OperatorClient) async throws -> InstallationJSON {
        try await InstallationLookup(workspaceID: workspaceID, addonID: addonID, addonKey: addon).find { path in
            try await client.get(path)
        }
    }
}

/// Finds the one installation that is meant, or says why there is none or more than one.
struct InstallationLookup {
    let workspaceID: String
    let addonID: String?
    let addonKey: String?

    /// Reads the workspace's installations page by page and keeps the best one of each add-on: the live one, else the
    /// newest.
    func find(fetch: (OperatorPath) async throws -> InstallationPageJSON) async throws -> InstallationJSON {
        var best: [String: InstallationJSON] = [:]
        _ = try await PageWalk.run(
            limit: nil, from: nil, fetch: { try await fetch(path(limit: $0, cursor: $1)) },
            show: { rows in
                for one in rows where addonID == nil || one.addonId == addonID {
                    guard let known = best[one.addonKey] else {
                        best[one.addonKey] = one
                        continue
                    }
                    // Newest first, so only a live one is better than what came before.
                    if one.isLive, !known.isLive { best[one.addonKey] = one }
                }
            })
        guard best.count <= 1 else {
            let keys = best.keys.sorted().map { "--addon \"\($0)\"" }.joined(separator: ", ")
            throw CommandError(.usage, "workspace \(workspaceID) has several add-ons", hint: "name one: \(keys)")
        }
        guard let found = best.values.first else { throw notFound }
        return found
    }

    private func path(limit: Int, cursor: String?) -> OperatorPath {
        OperatorPath(
            "installations",
            query: [
                ("addonKey", addonKey), ("workspaceId", workspaceID), ("status", "all"), ("limit", String(limit)),
                ("cursor", cursor),
            ])
    }

    private var notFound: CommandError {
        let what = addonID.map { "no installation \($0)" } ?? "no installation"
        return CommandError(
            .notFound, "\(what) in workspace \(workspaceID)", hint: "see all with: innkeeper installations list --all")
    }
}

extension InstallationJSON {
    /// Whether it is installed now.
    var isLive: Bool { status == "ACTIVE" || status == "INACTIVE" }

    /// Its full key.
    var fullName: InstallationName {
        InstallationName(addonKey: addonKey, workspaceID: workspaceId, addonID: addonId)
    }
}

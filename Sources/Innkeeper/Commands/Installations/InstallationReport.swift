import OperatorAPI

/// Everything about one installation. As JSON: the API's fields plus `lastEvent`, `history` and `warnings`.
struct InstallationReport: Encodable, Sendable {
    let installation: InstallationJSON
    /// The newest event; nil when none came.
    let lastEvent: EventJSON?
    /// The newest lines of the audit log about it.
    let history: [AuditJSON]

    /// Lines of history that are read.
    static let historyLength = 20

    /// Asks for all of it.
    static func read(_ installation: InstallationJSON, _ client: OperatorClient) async throws -> InstallationReport {
        func query(_ limit: Int) -> [(String, String?)] {
            [
                ("addonKey", installation.addonKey), ("workspaceId", installation.workspaceId),
                ("addonId", installation.addonId), ("limit", String(limit)),
            ]
        }
        let events: EventPageJSON = try await client.get(OperatorPath("events", query: query(1)))
        let audit: AuditPageJSON = try await client.get(OperatorPath("audit", query: query(historyLength)))
        return InstallationReport(installation: installation, lastEvent: events.events.first, history: audit.records)
    }

    /// What an operator should look at.
    var warnings: [String] {
        guard installation.isLive else { return [] }
        var warnings: [String] = []
        if installation.apiUrl.isEmpty {
            warnings.append(
                "apiUrl is empty: the platform gave no https URL on a host of platform.hosts; add the host there and "
                    + "install again")
        }
        if let refused = installation.refusedSinceInstall, refused > 0 {
            warnings.append(
                "\(refused) calls refused since its install: signed by the platform, with a token that is none of its "
                    + "own; if they go on, ask the workspace to reinstall the add-on")
        }
        return warnings
    }

    private enum CodingKeys: CodingKey { case lastEvent, history, warnings }

    func encode(to encoder: any Encoder) throws {
        try installation.encode(to: encoder)
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(lastEvent, forKey: .lastEvent)
        try container.encode(history, forKey: .history)
        try container.encode(warnings, forKey: .warnings)
    }

    /// An ended installation's key lives until its last event is settled or cleared away.
    private var storageKey: String? {
        guard installation.endedAt != nil else { return installation.storageKey }
        return installation.storageKey.map { "\($0), until its last event is settled" } ?? "destroyed"
    }

    /// The report for people.
    func text(terminal: Terminal) -> String {
        var fields = Fields(terminal: terminal)
        fields.add("add-on", installation.addonKey)
        fields.add("workspace", installation.workspaceId)
        fields.add("installation", installation.addonId)
        fields.add("status", installation.status)
        fields.add("api url", installation.apiUrl)
        fields.add("add-on user", installation.addonUserId)
        fields.add("installed by", installation.asUser)
        fields.add("installed", Moment.detail(installation.installedAt, terminal: terminal))
        fields.add("updated", Moment.detail(installation.updatedAt, terminal: terminal))
        if let ended = installation.endedAt { fields.add("ended", Moment.detail(ended, terminal: terminal)) }
        fields.add("storage key", storageKey)
        fields.add("last event", lastEvent.map { "\($0.type), \($0.state), \($0.receivedAt)" })
        var text = fields.text
        if !installation.webhooks.isEmpty {
            var table = Table([Column("WEBHOOK"), Column("EVENTS", mayShrink: true)], terminal: terminal)
            text += "\n" + table.render(installation.webhooks.map { [$0.path, $0.events.joined(separator: ", ")] })
        }
        if !history.isEmpty {
            var table = Table(
                [
                    Column("WHEN"), Column("ACTION"), Column("ACTOR"), Column("OUTCOME"),
                    Column("DETAIL", mayShrink: true),
                ],
                terminal: terminal)
            text += "\n" + table.render(history.map { [$0.at, $0.action, $0.actor, $0.outcome, $0.detail ?? ""] })
        }
        for warning in warnings { text += "\n" + terminal.styled("warning", .yellow) + ": \(warning)\n" }
        return text
    }
}

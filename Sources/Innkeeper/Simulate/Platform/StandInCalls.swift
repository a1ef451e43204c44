import Marketplace

/// Writes the requests that the platform sends to one add-on. RS256 is deterministic, so the same installation gets the
/// same webhook token from every run of the command.
struct StandInCalls: Sendable {
    /// Who signs.
    let platform: StandInPlatform
    /// Where the calls go.
    let manifest: Manifest
    /// How INSTALLED names the webhooks.
    var pathForm = WebhookPathForm.doubleSlash
    /// What installations are told to use as API.
    var apiURL = KnownPlatform.clockify.apiURL

    /// When every installation token was issued: 2026-01-01. A fixed time, so that the token is always the same.
    private static let issued: Int64 = 1_767_225_600

    /// INSTALLED, with one entry for each webhook of the manifest, or for those of `webhooks`.
    func installed(
        _ installation: SimulatedInstallation, webhooks: [Manifest.WebhookPath]? = nil, now: Int64
    ) throws(SimulateError) -> StandInRequest {
        let installationToken = try token(.installation, for: installation, now: Self.issued)
        let webhookToken = try token(.webhook, for: installation, now: Self.issued)
        let entries = (webhooks ?? manifest.webhooks).map { webhook in
            Self.object([
                ("path", pathForm.text(webhook.path, in: manifest)), ("webhookType", "ADDON"),
                ("authToken", webhookToken),
            ])
        }
        let body: [(String, JSONValue)] = [
            ("authToken", .string(installationToken)), ("asUser", .string(installation.owner)),
            ("apiUrl", .string(apiURL)), ("addonUserId", .string(installation.addonUser)),
            ("webhooks", .array(entries)),
        ]
        return try lifecycle(.installed, of: installation, body: body, now: now)
    }

    /// STATUS_CHANGED; `status` is `ACTIVE` or `INACTIVE`, or anything else to see what happens.
    func statusChanged(
        _ installation: SimulatedInstallation, to status: String, now: Int64
    ) throws(SimulateError) -> StandInRequest {
        try lifecycle(.statusChanged, of: installation, body: [("status", .string(status))], now: now)
    }

    /// SETTINGS_UPDATED.
    func settingsUpdated(
        _ installation: SimulatedInstallation, settings: JSONValue = sampleSettings, now: Int64
    ) throws(SimulateError) -> StandInRequest {
        try lifecycle(.settingsUpdated, of: installation, body: [("settings", settings)], now: now)
    }

    /// DELETED.
    func deleted(_ installation: SimulatedInstallation, now: Int64) throws(SimulateError) -> StandInRequest {
        try lifecycle(.deleted, of: installation, body: [("asUser", .string(installation.owner))], now: now)
    }

    /// A webhook, signed with the installation's token, or with one that another has replaced.
    func webhook(
        _ event: EventType, on path: RoutePath, for installation: SimulatedInstallation, body: [UInt8],
        isStale: Bool = false
    ) throws(SimulateError) -> StandInRequest {
        // The claims have no time, so the same token is minted whenever this is.
        let signature = try token(
            .webhook, for: installation, now: Self.issued, issued: isStale ? Self.issued - 86_400 : nil)
        return StandInRequest(
            path: path.below(manifest.basePath).text,
            headers: [(StandInRequest.signature, signature), (StandInRequest.eventType, event.text)], body: body)
    }

    /// A token of any kind for an installation.
    func token(
        _ kind: TokenKind, for installation: SimulatedInstallation, now: Int64, issued: Int64? = nil
    ) throws(SimulateError) -> String {
        do throws(StandInPlatform.Failure) {
            return try platform.token(
                kind, for: manifest.key, workspace: installation.workspace, addon: installation.addon, now: now,
                backendURL: apiURL, issued: issued)
        } catch {
            throw .signing
        }
    }

    /// A call with the two ids, `members` and a lifecycle token.
    private func lifecycle(
        _ type: LifecycleType, of installation: SimulatedInstallation, body members: [(String, JSONValue)], now: Int64
    ) throws(SimulateError) -> StandInRequest {
        guard let route = manifest.lifecycle.first(where: { $0.type == type }) else {
            throw .noLifecycleRoute(type.rawValue)
        }
        let ids: [(String, JSONValue)] = [
            ("addonId", .string(installation.addon.text)), ("workspaceId", .string(installation.workspace.text)),
        ]
        let lifecycleToken = try token(.lifecycle, for: installation, now: now)
        return StandInRequest(
            path: route.path.below(manifest.basePath).text, headers: [(StandInRequest.lifecycleToken, lifecycleToken)],
            body: JSONValue.object(JSONObject((ids + members).map { (name: $0.0, value: $0.1) })).utf8)
    }
}

extension StandInCalls {
    /// Settings of the kinds that manifests can declare.
    static let sampleSettings = JSONValue.array([
        object([("id", "title"), ("name", "Title"), ("value", "Timesheet")]),
        object([("id", "link"), ("name", "Link"), ("value", "https://example.com/help")]),
        object([("id", "mode"), ("name", "Mode"), ("value", "weekly")]),
    ])

    private static func object(_ members: [(String, String)]) -> JSONValue {
        .object(JSONObject(members.map { (name: $0.0, value: .string($0.1)) }))
    }
}

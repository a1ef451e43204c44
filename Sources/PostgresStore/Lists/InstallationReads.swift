import Installations
import Marketplace
import Sealing
import Store

extension PostgresTransaction: InstallationReads {
    func known(_ ids: [InstallationID], with parts: InstallationParts) throws -> [KnownInstallation?] {
        let values: [any PostgresValue] = [
            Column(ids.map(\.addonKey.text)), Column(ids.map(\.workspaceID.text)), Column(ids.map(\.addonID.text)),
        ]
        if isWriting { lock(Locks.places(ids)) }
        var queries = [Query("SELECT place, \(InstallationRows.columns) FROM \(Self.asked) ORDER BY place", values)]
        func add(_ part: InstallationParts, _ columns: String, _ table: String, order: String) -> Int? {
            guard parts.contains(part) else { return nil }
            queries.append(
                Query("SELECT \(columns) FROM \(Self.asked) JOIN \(table) ON installation = number \(order)", values))
            return queries.count - 1
        }
        let named = add(.named, "installation, name, sealed", "innkeeper.installation_secret", order: "")
        let tokens = add(
            .webhookTokens, "installation, path, ordinal, sealed", "innkeeper.webhook_token",
            order: "ORDER BY installation, path, ordinal")
        let handedOut = add(
            .handedOut, "installation, digest", "innkeeper.handed_out_token", order: "ORDER BY installation, digest")
        let answers = try ask(queries)
        let secrets = SecretRows.secrets(named: named.map { answers[$0] }, tokens: tokens.map { answers[$0] })
        let digests = handedOut.map { SecretRows.handedOut(answers[$0]) } ?? [:]
        return try answers[0].map { row in
            guard !row.isNull(1) else { return nil }
            let number = row.installation(1)
            return try InstallationRows.known(
                row, from: 1, handedOut: try Self.set(digests[number] ?? [], of: number),
                secrets: secrets[number] ?? StoredSecrets())
        }
    }

    private static let asked = """
        unnest($1::text[], $2::text[], $3::text[]) WITH ORDINALITY AS asked (addon, workspace, addon_id, place)
        LEFT JOIN innkeeper.installation ON addon_key = addon AND workspace_id = workspace
            AND installation.addon_id = asked.addon_id
        """

    func installations(_ ids: [InstallationID]) throws -> [StoredInstallation] {
        try rows(
            """
            SELECT \(Self.listed) FROM \(Self.asked) WHERE number IS NOT NULL ORDER BY place
            """, Column(ids.map(\.addonKey.text)), Column(ids.map(\.workspaceID.text)),
            Column(ids.map(\.addonID.text))
        ).compactMap(Self.listed)
    }

    func installations(matching filter: InstallationFilter, page: PageRequest) throws -> Page<StoredInstallation> {
        var select = Select("SELECT \(Self.listed) FROM innkeeper.installation")
        select.require(addon: filter.addonKey, among: filter.addons)
        if let workspaceID = filter.workspaceID { select.require("workspace_id =", workspaceID.text) }
        switch filter.scope {
        case .live: select.require("ended_at IS NULL")
        case .only(let status): select.require("status =", status.rawValue)
        case .all: break
        }
        if let cursor = page.cursor { select.require("number <", cursor.position) }
        let rows = try ask(select.query(end: "ORDER BY number DESC LIMIT", Int64(page.limit + 1)))[0]
        return Page(
            surplus: rows.map(Self.listed), limit: page.limit, positions: rows.map { $0.int(0) })
    }

    func lastInstallationNumber() throws -> InstallationNumber {
        try rows("SELECT coalesce(max(number), 0) FROM innkeeper.installation").first?.installation(0) ?? 0
    }

    /// What a list shows.
    private static let listed = """
        \(InstallationRows.columns), installation.addon_user_id, installation.as_user, installation.installed_at,
        installation.updated_at, installation.ended_at, installation.storage_key,
        ARRAY(SELECT DISTINCT path FROM innkeeper.webhook_token WHERE webhook_token.installation = number ORDER BY path),
        coalesce((SELECT least(greatest(count, 0), 1::int8 << 52) FROM innkeeper.refusal
            WHERE refusal.installation = number AND refusal.token_set = installation.token_set), 0)
        """

    /// Nil for a row that does not read.
    private static func listed(_ row: ResultRow) -> StoredInstallation? {
        guard let standing = InstallationRows.standingIfAny(row) else { return nil }
        let known = KnownInstallation(standing: standing, latest: InstallationRows.latest(row))
        let first = InstallationRows.width
        return StoredInstallation(
            known: known, addonUserID: row.text(first), asUser: row.text(first + 1),
            installedAt: row.timeIfAny(first + 2), updatedAt: row.time(first + 3), endedAt: row.timeIfAny(first + 4),
            storageKey: row.textIfAny(first + 5).flatMap { StorageKeyID($0) },
            webhookPaths: row.texts(first + 6).compactMap { RoutePath.normalise($0) }, refused: row.int(first + 7))
    }
}

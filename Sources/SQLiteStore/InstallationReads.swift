import GRDB
package import Installations
import Marketplace
import Sealing

extension SQLiteStore {
    package func installation(_ id: InstallationID) async throws(StoreError) -> Installation? {
        try await read { db in
            let row = try Row.fetchOne(
                db,
                sql: """
                    SELECT \(InstallationRows.columns) FROM installation
                    WHERE addon_key = ? AND workspace_id = ? AND addon_id = ?
                    """,
                arguments: [id.addonKey.text, id.workspaceID.text, id.addonID.text])
            return try row.map { try InstallationRows.installation($0, db) }
        }
    }

    package func installations(
        matching filter: InstallationFilter, page: PageRequest
    ) async throws(StoreError) -> Page<Installation> {
        var query = Query("SELECT \(InstallationRows.columns) FROM installation")
        if let addonKey = filter.addonKey { query.require("addon_key = ?", addonKey.text) }
        if let workspaceID = filter.workspaceID { query.require("workspace_id = ?", workspaceID.text) }
        switch filter.scope {
        case .live: query.require("ended_at IS NULL")
        case .only(let status): query.require("status = ?", status.rawValue)
        case .all: break
        }
        if let cursor = page.cursor { query.require("number < ?", cursor.position) }
        query.end("ORDER BY number DESC LIMIT ?", page.limit + 1)
        return try await read { [query] db in
            let installations = try query.fetchAll(db).map { try InstallationRows.installation($0, db) }
            return Page(surplus: installations, limit: page.limit, position: \.number)
        }
    }

    package func credentials(of id: InstallationID) async throws(StoreError) -> SealedCredentials? {
        try await read { db in
            let row = try Row.fetchOne(
                db.cachedStatement(
                    sql: """
                        SELECT number, status, token_set, wrapped_key,
                            (SELECT sealed FROM installation_secret
                             WHERE installation = number AND name = 'installation-token') AS token
                        FROM installation
                        WHERE addon_key = ? AND workspace_id = ? AND addon_id = ? AND ended_at IS NULL
                        """),
                arguments: [id.addonKey.text, id.workspaceID.text, id.addonID.text])
            guard let row, let status = InstallationStatus(rawValue: row["status"]) else { return nil }
            let number: Int64 = row["number"]
            guard !row.hasNull(atIndex: 4) else {
                throw StoreError.corruptRow(table: "installation_secret", number: number)
            }

            let tokens = try Row.fetchAll(
                db.cachedStatement(
                    sql: "SELECT path, sealed FROM webhook_token WHERE installation = ? ORDER BY path, ordinal"),
                arguments: [number])
            return SealedCredentials(
                number: number, status: status, tokenSet: row["token_set"],
                wrappedKey: try row.sealed("wrapped_key", table: "installation", number: number),
                installationToken: try row.sealed("token", table: "installation_secret", number: number),
                webhookTokens: try tokens.compactMap { token in
                    guard let path = RoutePath.normalise(token["path"] as String) else { return nil }
                    return (path, try token.sealed("sealed", table: "webhook_token", number: number))
                })
        }
    }

    package func isReady() async -> Bool {
        guard takesWrites else { return false }
        do {
            return try await read { db in try Int.fetchOne(db, sql: "SELECT 1") == 1 }
        } catch {
            return false
        }
    }
}

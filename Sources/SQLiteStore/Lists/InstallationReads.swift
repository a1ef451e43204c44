import GRDB
package import Installations
import Marketplace
package import Sealing

extension SQLiteStore {
    package func installation(_ id: InstallationID) async throws(StoreError) -> Installation? {
        try await read { [authority] db in
            let row = try Row.fetchOne(
                db,
                sql: """
                    SELECT \(InstallationRows.columns) FROM installation
                    WHERE addon_key = ? AND workspace_id = ? AND addon_id = ?
                    """,
                arguments: [id.addonKey.text, id.workspaceID.text, id.addonID.text])
            return try InstallationRows.installations(row.map { [$0] } ?? [], authority, db).first
        }
    }

    package func installations(
        matching filter: InstallationFilter, page: PageRequest
    ) async throws(StoreError) -> Page<Installation> {
        var query = Query("SELECT \(InstallationRows.columns) FROM installation")
        query.require(addon: filter.addonKey, among: filter.addons)
        if let workspaceID = filter.workspaceID { query.require("workspace_id = ?", workspaceID.text) }
        switch filter.scope {
        case .live: query.require("ended_at IS NULL")
        case .only(let status): query.require("status = ?", status.rawValue)
        case .all: break
        }
        if let cursor = page.cursor { query.require("number < ?", cursor.position) }
        query.end("ORDER BY number DESC LIMIT ?", page.limit + 1)
        return try await read { [query, authority] db in
            let installations = try InstallationRows.installations(query.fetchAll(db), authority, db)
            return Page(surplus: installations, limit: page.limit, position: \.number)
        }
    }

    package func credentials(of id: InstallationID) async throws(StoreError) -> SealedCredentials? {
        try await read { [authority] db in try InstallationRows.credentials(id, authority, db) }
    }

    package func wasHandedOut(_ token: Digest, for id: InstallationID) async throws(StoreError) -> Bool {
        try await read { [tools] db in
            guard let standing = try InstallationRows.standing(id, db) else { return false }
            try standing.check(tools.authority, db)
            return try HandedOutRows(tools, db).contains(token, of: standing)
        }
    }
}

import GRDB
package import Installations
import Marketplace

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
        try await read { db in try InstallationRows.credentials(id, db) }
    }
}

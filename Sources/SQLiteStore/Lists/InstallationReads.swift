import GRDB
import Installations
import Marketplace
import Store

extension SQLiteRows: InstallationReads {
    func standing(of id: InstallationID) throws -> Standing? { try InstallationRows.standing(id, db) }

    func known(_ ids: [InstallationID], with parts: InstallationParts) throws -> [KnownInstallation?] {
        try ids.map { id in
            try standing(of: id).map { standing in
                KnownInstallation(
                    standing: standing, latest: try AuditRows.latest(about: standing.subject, db),
                    handedOut: parts.contains(.handedOut)
                        ? try HandedOutRows(db).set(of: standing.number) : HandedOutSet(),
                    secrets: try InstallationSecrets(db: db).stored(parts, of: standing.number))
            }
        }
    }

    func installations(_ ids: [InstallationID]) throws -> [StoredInstallation] {
        let statement = try db.cachedStatement(
            sql: """
                SELECT \(InstallationRows.columns) FROM installation
                WHERE addon_key = ? AND workspace_id = ? AND addon_id = ?
                """)
        let rows = try ids.compactMap { id in
            try Row.fetchOne(
                statement, arguments: [id.addonKey.text, id.workspaceID.text, id.addonID.text])
        }
        return try InstallationRows.installations(rows, db).compactMap { $0 }
    }

    func installations(matching filter: InstallationFilter, page: PageRequest) throws -> Page<StoredInstallation> {
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
        let rows = try query.fetchAll(db)
        return Page(
            surplus: try InstallationRows.installations(rows, db), limit: page.limit,
            positions: rows.map { $0["number"] })
    }

    func lastInstallationNumber() throws -> InstallationNumber {
        try InstallationNumber.fetchOne(db, sql: "SELECT max(number) FROM installation") ?? 0
    }
}

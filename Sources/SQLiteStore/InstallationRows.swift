import GRDB
import Installations
import Marketplace
import Sealing

/// Installations in SQL: reading rows.
enum InstallationRows {
    /// What a lifecycle call needs to know of the row it changes.
    struct Standing {
        let number: Int64
        let status: InstallationStatus
        /// As it lies in the row: one that is damaged must not keep the row from being ended or replaced.
        let wrappedKey: [UInt8]?
    }

    static let columns = """
        number, addon_key, workspace_id, addon_id, status, api_url, addon_user_id, as_user, installed_at, updated_at,
        ended_at, storage_key
        """

    static func standing(_ id: InstallationID, _ db: Database) throws -> Standing? {
        try Row.fetchOne(
            db.cachedStatement(
                sql: """
                    SELECT number, status, wrapped_key FROM installation
                    WHERE addon_key = ? AND workspace_id = ? AND addon_id = ?
                    """),
            arguments: [id.addonKey.text, id.workspaceID.text, id.addonID.text]
        ).map { try standing($0) }
    }

    /// The live installations of an add-on in a workspace.
    static func live(
        _ addonKey: AddonKey, in workspaceID: WorkspaceID, _ db: Database
    ) throws -> [(id: InstallationID, standing: Standing)] {
        let rows = try Row.fetchAll(
            db.cachedStatement(
                sql: """
                    SELECT number, status, wrapped_key, addon_key, workspace_id, addon_id FROM installation
                    WHERE addon_key = ? AND workspace_id = ? AND ended_at IS NULL
                    """),
            arguments: [addonKey.text, workspaceID.text])
        return try rows.compactMap { row in try idIfAny(row).map { ($0, try standing(row)) } }
    }

    private static func standing(_ row: Row) throws -> Standing {
        Standing(number: row["number"], status: try status(row), wrappedKey: row.bytesIfAny("wrapped_key"))
    }

    /// The sealed token set of a live installation; nil when it is unknown or ended.
    static func credentials(_ id: InstallationID, _ db: Database) throws -> SealedCredentials? {
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

    static func installation(_ row: Row, _ db: Database) throws -> Installation {
        let number: Int64 = row["number"]
        let paths = try String.fetchAll(
            db.cachedStatement(
                sql: "SELECT DISTINCT path FROM webhook_token WHERE installation = ? ORDER BY path"),
            arguments: [number])
        guard let id = try idIfAny(row) else { throw StoreError.corruptRow(table: "installation", number: number) }
        return Installation(
            id: id, number: number, status: try status(row), apiURL: row["api_url"],
            addonUserID: row["addon_user_id"], asUser: row["as_user"], installedAt: row.timeIfAny("installed_at"),
            updatedAt: row.time("updated_at"), endedAt: row.timeIfAny("ended_at"),
            storageKey: (row["storage_key"] as String?).flatMap { StorageKeyID($0) },
            webhookPaths: paths.compactMap { RoutePath.normalise($0) })
    }

    /// The full key in a row's columns; nil where they are empty, as in audit records about no installation.
    static func idIfAny(_ row: Row) throws -> InstallationID? {
        let (addonKey, workspaceID, addonID): (String, String, String) = (
            row["addon_key"], row["workspace_id"], row["addon_id"]
        )
        guard !workspaceID.isEmpty else { return nil }
        guard let id = id(addonKey, workspaceID, addonID) else {
            throw StoreError.corruptRow(table: "installation", number: row["number"])
        }
        return id
    }

    /// The full key in three columns from `first` on, by their places: looking names up costs more than all else where
    /// many rows are read.
    static func id(_ row: Row, from first: Int) -> InstallationID? {
        id(row[first], row[first + 1], row[first + 2])
    }

    /// The full key in three texts.
    static func id(_ addonKey: String, _ workspaceID: String, _ addonID: String) -> InstallationID? {
        guard let addonKey = AddonKey(addonKey), let workspaceID = WorkspaceID(workspaceID),
            let addonID = AddonID(addonID)
        else { return nil }
        return InstallationID(addonKey: addonKey, workspaceID: workspaceID, addonID: addonID)
    }

    private static func status(_ row: Row) throws -> InstallationStatus {
        guard let status = InstallationStatus(rawValue: row["status"]) else {
            throw StoreError.corruptRow(table: "installation", number: row["number"])
        }
        return status
    }
}

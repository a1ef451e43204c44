import GRDB
import Installations
import Marketplace
import Sealing
import Store

/// Installations in SQL: reading rows.
enum InstallationRows {
    /// The version of a row that was changed. One that somebody wrote at the end of all numbers must not keep the row from ever
    /// being changed again.
    static let nextVersion = "(version & 0x3fffffffffffffff) + 1"

    /// All that a row decides, and what vouches for it: read together, whatever else is read.
    static let claimColumns = """
        number, addon_key, workspace_id, addon_id, status, api_url, token_set, issued_at, handed_out,
        \(AuthorityProof.columns)
        """

    /// Whether a live installation came after it.
    static let hasSuccessor = """
        EXISTS (SELECT 1 FROM installation AS newer
            WHERE newer.addon_key = installation.addon_key AND newer.workspace_id = installation.workspace_id
                AND newer.number > installation.number AND newer.status IN ('ACTIVE', 'INACTIVE')) AS has_successor
        """

    static let columns = """
        \(claimColumns), \(hasSuccessor), addon_user_id, as_user, installed_at, updated_at, ended_at, storage_key, wrapped_key,
        ifnull((SELECT min(max(count, 0), 1 << 52) FROM refusal
            WHERE refusal.installation = installation.number AND refusal.token_set = installation.token_set), 0) AS refused
        """

    private static let standingColumns = "\(claimColumns), wrapped_key, \(hasSuccessor)"

    /// The row of an installation, not judged yet.
    static func standing(_ id: InstallationID, _ db: Database) throws -> Standing? {
        try Row.fetchOne(
            db.cachedStatement(
                sql: """
                    SELECT \(standingColumns) FROM installation
                    WHERE addon_key = ? AND workspace_id = ? AND addon_id = ?
                    """),
            arguments: [id.addonKey.text, id.workspaceID.text, id.addonID.text]
        ).map { try standing($0, of: id, hasSuccessor: $0["has_successor"]) }
    }

    /// The live installations of an add-on in a workspace, not judged yet, without those whose names no installation can have. A
    /// row is live that says so in either way: the one is vouched for, by the other it is found.
    static func live(_ addonKey: AddonKey, in workspaceID: WorkspaceID, _ db: Database) throws -> [Standing] {
        let rows = try Row.fetchAll(
            db.cachedStatement(
                sql: """
                    SELECT \(standingColumns) FROM installation
                    WHERE addon_key = ? AND workspace_id = ?
                        AND (ended_at IS NULL OR status IN ('ACTIVE', 'INACTIVE'))
                    """),
            arguments: [addonKey.text, workspaceID.text])
        return try rows.compactMap { row in
            try id(row["addon_key"], row["workspace_id"], row["addon_id"]).map {
                try standing(row, of: $0, hasSuccessor: row["has_successor"])
            }
        }
    }

    /// The number of the next row. Known to the one writer only. Somebody who writes a row at the end of all numbers has not given
    /// out those before it.
    static func nextNumber(_ db: Database) throws -> InstallationNumber {
        try InstallationNumber.fetchOne(
            db.cachedStatement(sql: "SELECT ifnull(max(number), 0) + 1 FROM installation WHERE number < 1 << 62"))
            ?? 1
    }

    /// A row with at least `claimColumns`.
    static func standing(_ row: Row, of id: InstallationID, hasSuccessor: Bool = false) throws -> Standing {
        Standing(
            id: id, number: row["number"], status: try status(row), apiURL: row["api_url"], tokenSet: row["token_set"],
            issuedAt: row["issued_at"], handedOut: row.bytesIfAny("handed_out").flatMap { Digest(bytes: $0) },
            wrappedKey: row.bytesIfAny("wrapped_key"), proof: AuthorityProof(row),
            hasSuccessor: hasSuccessor)
    }

    /// A page of rows with at least `columns`; nil for those that do not read. What belongs to them is asked once for all.
    static func installations(_ rows: [Row], _ db: Database) throws -> [StoredInstallation?] {
        let numbers = rows.map { $0["number"] as InstallationNumber }
        let paths = try webhookPaths(of: numbers, db)
        let latest = try AuditRows.latest(about: numbers.map { .installation($0) }, db)
        return try zip(rows, latest).map { row, latest in
            let number: InstallationNumber = row["number"]
            guard let id = id(row["addon_key"], row["workspace_id"], row["addon_id"]),
                InstallationStatus(rawValue: row["status"]) != nil
            else { return nil }
            let standing = try standing(row, of: id, hasSuccessor: row["has_successor"])
            return StoredInstallation(
                known: KnownInstallation(standing: standing, latest: latest), addonUserID: row["addon_user_id"],
                asUser: row["as_user"],
                installedAt: row.timeIfAny("installed_at"), updatedAt: row.time("updated_at"),
                endedAt: row.timeIfAny("ended_at"),
                storageKey: (row["storage_key"] as String?).flatMap { StorageKeyID($0) },
                webhookPaths: paths[number] ?? [], refused: row["refused"])
        }
    }

    private static func webhookPaths(
        of numbers: [InstallationNumber], _ db: Database
    ) throws -> [InstallationNumber: [RoutePath]] {
        let statement = try DirectStatement(
            """
            SELECT DISTINCT installation, path FROM webhook_token
            WHERE installation IN (SELECT value FROM json_each(?)) ORDER BY installation, path
            """, db)
        var paths: [InstallationNumber: [RoutePath]] = [:]
        try statement.forEach {
            try $0.bind("[\(numbers.map(\.description).joined(separator: ","))]", at: 1)
        } read: { row in
            if let path = RoutePath.normalise(row.text(1)) { paths[row.installation(0), default: []].append(path) }
        }
        return paths
    }

    /// The full key in a row's columns; nil where they are empty, as in audit records about no installation.
    static func idIfAny(_ row: Row) throws -> InstallationID? {
        let (addonKey, workspaceID, addonID): (String, String, String) = (
            row["addon_key"], row["workspace_id"], row["addon_id"]
        )
        guard !workspaceID.isEmpty else { return nil }
        guard let id = id(addonKey, workspaceID, addonID) else {
            // Not every row that names an installation has its number, nor the right one.
            throw StoreError.corruptRow(.installation(row.hasColumn("number") ? row["number"] : 0))
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
            throw StoreError.corruptRow(.installation(row["number"]))
        }
        return status
    }
}

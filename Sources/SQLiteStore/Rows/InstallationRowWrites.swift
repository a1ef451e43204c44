import GRDB
import Installations
import Marketplace
import Sealing
import Store

/// Installations in SQL: writing rows. What a row says is decided elsewhere, and so is what vouches for it.
struct InstallationRowWrites {
    let db: Database

    /// Version 2 as in older stores, which wrote the row and its first token set in two statements.
    func insert(
        _ standing: Standing, _ profile: InstallationProfile, _ proof: AuthorityProof,
        key: WrappedInstallationKey, at: Timestamp
    ) throws {
        try db.cachedStatement(
            sql: """
                INSERT INTO installation (number, addon_key, workspace_id, addon_id, status, api_url, addon_user_id, as_user,
                    installed_at, updated_at, token_set, version, installation_key, wrapped_key, storage_key, issued_at,
                    handed_out, decided_by, mac)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 2, ?, ?, ?, ?, ?, ?, ?)
                """
        ).execute(arguments: [
            standing.number, standing.id.addonKey.text, standing.id.workspaceID.text, standing.id.addonID.text,
            standing.status.rawValue, standing.apiURL, profile.addonUserID, profile.asUser, at.milliseconds,
            at.milliseconds, standing.tokenSet, key.id.bitPattern,
            key.wrapped.bytes.databaseBytes, key.under.description, standing.issuedAt,
            standing.handedOut?.bytes.databaseBytes,
            proof.decidedBy, proof.mac.bytes.databaseBytes,
        ])
    }

    /// A row without keys and tokens, for an installation that ended before it was seen.
    func insertTombstone(_ standing: Standing, _ proof: AuthorityProof, at: Timestamp) throws {
        try db.cachedStatement(
            sql: """
                INSERT INTO installation (number, addon_key, workspace_id, addon_id, status, updated_at, ended_at,
                    handed_out, decided_by, mac)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                """
        ).execute(arguments: [
            standing.number, standing.id.addonKey.text, standing.id.workspaceID.text, standing.id.addonID.text,
            standing.status.rawValue, at.milliseconds, at.milliseconds, standing.handedOut?.bytes.databaseBytes,
            proof.decidedBy,
            proof.mac.bytes.databaseBytes,
        ])
    }

    func replaceTokens(
        _ standing: Standing, _ profile: InstallationProfile, _ proof: AuthorityProof, at: Timestamp
    ) throws {
        try db.cachedStatement(
            sql: """
                UPDATE installation SET api_url = ?, addon_user_id = ?, as_user = ?, updated_at = ?, token_set = ?,
                    issued_at = ?, handed_out = ?, decided_by = ?, mac = ?, version = \(InstallationRows.nextVersion)
                WHERE number = ?
                """
        ).execute(arguments: [
            standing.apiURL, profile.addonUserID, profile.asUser, at.milliseconds, standing.tokenSet, standing.issuedAt,
            standing.handedOut?.bytes.databaseBytes, proof.decidedBy, proof.mac.bytes.databaseBytes, standing.number,
        ])
    }

    func setStatus(_ standing: Standing, _ proof: AuthorityProof, at: Timestamp) throws {
        try db.cachedStatement(
            sql: """
                UPDATE installation SET status = ?, updated_at = ?, decided_by = ?, mac = ?, version = \(InstallationRows.nextVersion)
                WHERE number = ?
                """
        ).execute(arguments: [
            standing.status.rawValue, at.milliseconds, proof.decidedBy, proof.mac.bytes.databaseBytes, standing.number,
        ])
    }

    func end(_ standing: Standing, _ proof: AuthorityProof, at: Timestamp) throws {
        try db.cachedStatement(
            sql: """
                UPDATE installation SET status = ?, updated_at = ?, ended_at = ?, decided_by = ?, mac = ?,
                    version = \(InstallationRows.nextVersion)
                WHERE number = ?
                """
        ).execute(arguments: [
            standing.status.rawValue, at.milliseconds, at.milliseconds, proof.decidedBy,
            proof.mac.bytes.databaseBytes, standing.number,
        ])
    }

    /// Something that the row does not hold was changed.
    func touch(_ number: InstallationNumber, at: Timestamp) throws {
        try db.cachedStatement(
            sql: "UPDATE installation SET updated_at = ?, version = \(InstallationRows.nextVersion) WHERE number = ?"
        ).execute(arguments: [at.milliseconds, number])
    }

    /// Ends a row that nothing vouches for.
    func endForged(_ number: InstallationNumber, at: Timestamp) throws {
        try db.cachedStatement(
            sql: """
                UPDATE installation SET status = 'SUPERSEDED', updated_at = ?1, ended_at = ?1,
                    version = \(InstallationRows.nextVersion)
                WHERE number = ?2
                """
        ).execute(arguments: [at.milliseconds, number])
    }

    func replaceKey(of number: InstallationNumber, with key: WrappedInstallationKey) throws {
        try db.cachedStatement(
            sql: """
                UPDATE installation SET installation_key = ?, wrapped_key = ?, storage_key = ?, version = \(InstallationRows.nextVersion)
                WHERE number = ?
                """
        ).execute(arguments: [
            key.id.bitPattern, key.wrapped.bytes.databaseBytes, key.under.description, number,
        ])
    }
}

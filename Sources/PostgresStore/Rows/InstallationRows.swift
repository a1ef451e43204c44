import Installations
import Marketplace
import Sealing
import Store

/// Installations in SQL: reading rows.
enum InstallationRows {
    /// The version of a row that was changed, as in the embedded store: it never runs over.
    static let nextVersion = "(version & x'3fffffffffffffff'::int8) + 1"

    /// The newest audit record that decides about an installation.
    private static let latest = """
        coalesce((SELECT max(audit.number) FROM innkeeper.audit
            WHERE decides = 'installation:' || installation.number AND decides <> ''), 0)
        """

    /// All that a row decides, and what vouches for it: 14 columns, which `standing` and `known` read.
    static let columns = """
        installation.number, installation.addon_key, installation.workspace_id, installation.addon_id,
        installation.status, installation.api_url, installation.token_set, installation.issued_at,
        installation.handed_out, installation.decided_by, installation.mac, installation.wrapped_key, \(latest),
        EXISTS (SELECT 1 FROM innkeeper.installation AS newer
            WHERE newer.addon_key = installation.addon_key AND newer.workspace_id = installation.workspace_id
                AND newer.number > installation.number AND newer.status IN ('ACTIVE', 'INACTIVE'))
        """

    /// How many `columns` there are.
    static let width: Int32 = 14

    /// The names of an installation, from its `number` on; nil where no installation can have them.
    static func id(_ row: ResultRow, from first: Int32) -> InstallationID? {
        id(row.text(first), row.text(first + 1), row.text(first + 2))
    }

    /// The full key in three texts.
    static func id(_ addonKey: String, _ workspaceID: String, _ addonID: String) -> InstallationID? {
        guard let addonKey = AddonKey(addonKey), let workspaceID = WorkspaceID(workspaceID),
            let addonID = AddonID(addonID)
        else { return nil }
        return InstallationID(addonKey: addonKey, workspaceID: workspaceID, addonID: addonID)
    }

    /// What a row says, in `columns` from `first` on.
    ///
    /// - Throws: `.corruptRow` for one that does not read as an installation.
    static func standing(_ row: ResultRow, from first: Int32 = 0) throws(StoreError) -> Standing {
        guard let standing = standingIfAny(row, from: first) else {
            throw .corruptRow(.installation(row.installation(first)))
        }
        return standing
    }

    /// The same; nil for one that does not read as an installation.
    static func standingIfAny(_ row: ResultRow, from first: Int32 = 0) -> Standing? {
        guard let id = id(row, from: first + 1), let status = InstallationStatus(rawValue: row.text(first + 4)) else {
            return nil
        }
        return Standing(
            id: id, number: row.installation(first), status: status, apiURL: row.text(first + 5),
            tokenSet: TokenSet(row.int(first + 6)), issuedAt: row.intIfAny(first + 7),
            handedOut: row.bytesIfAny(first + 8).flatMap { Digest(bytes: $0) },
            wrappedKey: row.bytesIfAny(first + 11), proof: row.proof(first + 9), hasSuccessor: row.bool(first + 13))
    }

    /// The number of the newest record that decides about it.
    static func latest(_ row: ResultRow, from first: Int32 = 0) -> RecordNumber {
        RecordNumber(row.int(first + 12))
    }

    /// What a row says, with the newest record.
    static func known(
        _ row: ResultRow, from first: Int32 = 0, handedOut: HandedOutSet = HandedOutSet(),
        secrets: StoredSecrets = StoredSecrets()
    ) throws(StoreError) -> KnownInstallation {
        KnownInstallation(
            standing: try standing(row, from: first), latest: latest(row, from: first), handedOut: handedOut,
            secrets: secrets)
    }
}

extension ResultRow {
    /// The number of an installation.
    func installation(_ column: Int32) -> InstallationNumber { InstallationNumber(int(column)) }

    /// An event's id.
    func event(_ column: Int32) -> EventID { EventID(number: int(column)) }

    /// The numbers of installations.
    func installations(_ column: Int32) -> [InstallationNumber] { ints(column).map { InstallationNumber($0) } }

    /// The same; nil for NULL.
    func eventIfAny(_ column: Int32) -> EventID? { intIfAny(column).map { EventID(number: $0) } }

    /// A moment.
    func time(_ column: Int32) -> Timestamp { Timestamp(milliseconds: int(column)) }

    /// The same; nil for NULL.
    func timeIfAny(_ column: Int32) -> Timestamp? { intIfAny(column).map { Timestamp(milliseconds: $0) } }

    /// What vouches for a row, in two columns; nil when there is none, or none that could be one.
    func proof(_ first: Int32) -> AuthorityProof? {
        guard let decidedBy = intIfAny(first), let mac = bytesIfAny(first + 1) else { return nil }
        return AuthorityProof(decidedBy: RecordNumber(decidedBy), mac: mac)
    }

    /// The same with the newest record that decides about it, in a third.
    func vouched(_ first: Int32) -> Vouched {
        Vouched(proof: proof(first), latest: RecordNumber(int(first + 2)))
    }

    /// The wrapped keys of an installation, in two columns; nil when they are destroyed.
    func keys(_ first: Int32) -> StoredKeys? {
        bytesIfAny(first).map { StoredKeys(current: $0, outgoing: bytesIfAny(first + 1)) }
    }

    /// Attempts, in a range in which they can be counted on.
    func attempts(_ column: Int32) -> Int { Int(Swift.min(Swift.max(int(column), 0), 1 << 30)) }
}

import GRDB
import Installations
import Marketplace
import Sealing
import Store

/// An installation from before rows had proofs, inside the transaction that brings it up to date or asks it something. Its
/// waiting events are not its: `StoreUpgrade` walks over those by themselves.
struct OlderInstallation {
    private let standing: Standing
    private let tools: StoreTools
    private let db: Database

    init(_ standing: Standing, _ tools: StoreTools, _ db: Database) {
        self.standing = standing
        self.tools = tools
        self.db = db
    }

    /// The tokens in force, opened. All must open.
    func tokens() throws -> [SecretBytes] {
        let secrets = try SealedSecrets(of: standing.number, nil, db)
        guard secrets.named.contains(where: { $0.name == "installation-token" }) else {
            throw StoreError.corruptRow(table: "installation_secret", number: standing.number)
        }
        let key = try tools.vault.openKey(of: standing)
        func open(_ bytes: [UInt8], _ place: SealedPlace, _ table: String) throws(StoreError) -> SecretBytes {
            try tools.vault.open(
                SealedValue(stored: bytes, table: table, number: standing.number), under: key, of: standing.id,
                at: place, table: table, number: standing.number)
        }
        let set = standing.tokenSet
        return try secrets.named.filter { $0.name == "installation-token" }.map { secret in
            try open(secret.sealed, .installationToken(set: set), "installation_secret")
        }
            + secrets.tokens.map { token in
                guard let path = RoutePath.normalise(token.path) else {
                    throw StoreError.corruptRow(table: "webhook_token", number: standing.number)
                }
                return try open(token.sealed, .webhookToken(path, set: set), "webhook_token")
            }
    }

    /// Seals its tokens and settings for the place they have now, keeps the tokens' digests, and vouches for the row. Returns
    /// what the row says from now on.
    @discardableResult
    func bringUpToDate() throws -> Standing {
        let rows = HandedOutRows(tools, db)
        var handedOut = try rows.set(of: standing.number)
        if standing.status.isLive {
            let key = try tools.vault.openKey(of: standing)
            try rows.insert(handedOut.add(tokens(), by: tools.handedOut), of: standing.number)
            try SealedSecrets(of: standing.number, nil, db).resealed(
                of: standing.id, number: standing.number, tokenSet: standing.tokenSet, from: key, to: key, tools.vault
            ).write(standing.number, db)
        }
        guard let deployment = try DeploymentRow.read(tools.authority.seal, least: .mixed, db) else {
            throw StoreError.forgedRow(table: "deployment", number: 1)
        }
        var standing = standing
        let summary = handedOut.summary(by: tools.authority.seal)
        standing.handedOut = summary
        let proof = tools.authority.seal.prove(standing.claim, decidedBy: deployment.decidedBy)
        // The version too: a re-encryption that has read the old values must not write over these.
        try db.cachedStatement(
            sql: """
                UPDATE installation SET handed_out = ?, decided_by = ?, mac = ?, version = \(InstallationRows.nextVersion) WHERE number = ?
                """
        ).execute(arguments: [
            summary.bytes.databaseBytes, proof.decidedBy, proof.mac.bytes.databaseBytes, standing.number,
        ])
        return standing
    }
}

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

    /// Seals its tokens and settings for the place they have now, keeps the tokens' digests, and vouches for the row. Returns
    /// what the row says from now on.
    @discardableResult
    func bringUpToDate() throws -> Standing {
        let rows = HandedOutRows(db)
        var handedOut = try rows.set(of: standing.number)
        if standing.status.isLive {
            let key = try tools.vault.openKey(of: standing)
            let secrets = try InstallationSecrets(db: db).stored([.named, .webhookTokens], of: standing.number)
            let known = KnownInstallation(standing: standing, latest: 0, secrets: secrets)
            try rows.insert(
                handedOut.add(known.openTokens(by: tools.vault), by: tools.handedOut), of: standing.number)
            let resealed = try SealedValues(secrets: secrets, events: []).resealed(
                of: standing.id, number: standing.number, tokenSet: standing.tokenSet, from: key, to: key, tools.vault)
            try InstallationSecrets(db: db).replace(resealed.secrets, of: standing.number)
        }
        guard
            let decidedBy = try DeploymentRow.stored(db).judged(by: tools.authority.seal, least: .mixed)?.decidedBy
        else {
            throw StoreError.forgedRow(.deployment)
        }
        var standing = standing
        let summary = handedOut.summary(by: tools.authority.seal)
        standing.handedOut = summary
        let proof = tools.authority.seal.prove(standing.claim, decidedBy: decidedBy)
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

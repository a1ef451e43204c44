package import Installations
import Sealing

/// Decides whether an installation's token is given out, and opens it. It reads nothing and writes nothing.
package enum TokenReadingPlanner {
    /// The answer, and what the audit log says of it: no token leaves without a trace.
    ///
    /// - Parameters:
    ///   - known: The installation with its named values, as the transaction sees it that will write the record; nil for an
    ///     unknown one.
    /// - Throws: `.corruptRow` when an ACTIVE installation's token is not there or does not open.
    package static func plan(
        _ reading: TokenReading, of id: InstallationID, _ known: KnownInstallation?, _ tools: StoreTools
    ) throws(StoreError) -> (answer: TokenAnswer, entry: AuditEntry) {
        func answered(_ answer: TokenAnswer, _ outcome: String) -> (TokenAnswer, AuditEntry) {
            let entry = AuditEntry(
                at: reading.at, actor: reading.actor.text, action: AuditAction.readToken.rawValue, installation: id,
                outcome: outcome, detail: reading.reason)
            return (answer, entry)
        }
        guard let known else { return answered(.unknown, "refused: unknown") }
        let standing = known.standing
        let item = StoredItem.installationSecret(standing.number)
        guard standing.isGenuine(by: tools.authority, latest: known.latest) else {
            return answered(.forged(standing.number), "refused: its row is not authentic")
        }
        guard standing.status == .active, standing.wrappedKey != nil else {
            return answered(.notActive(standing.status), "refused: \(standing.status.rawValue)")
        }
        guard let sealed = known.secrets.named[.installationToken] else {
            throw .corruptRow(item)
        }
        let token = try tools.vault.open(
            SealedValue(stored: sealed, in: item),
            under: tools.vault.openKey(of: standing),
            of: id, at: .installationToken(set: standing.tokenSet), in: item)
        return answered(.token(token, apiURL: standing.apiURL), "given")
    }
}

package import Marketplace
import Sealing

/// Fills the token directory from the store.
package struct CredentialLoader: Sendable {
    private let store: any InstallationStore
    private let vault: InstallationVault
    private let verifier: TokenVerifier
    private let directory: TokenDirectory
    private let now: Now

    /// A loader from `store` into `directory`.
    package init(
        store: any InstallationStore, vault: InstallationVault, verifier: TokenVerifier, directory: TokenDirectory,
        now: @escaping Now
    ) {
        self.store = store
        self.vault = vault
        self.verifier = verifier
        self.directory = directory
        self.now = now
    }

    /// The entry of a live installation as the store has it now; nil when it is unknown or ended.
    ///
    /// Every token's signature is verified against the keys trusted today, so that the comparison of a later request
    /// needs no RSA operation and a platform key that is no longer trusted takes its tokens with it. A token that does
    /// not verify or is not of this installation is left out: it authenticates nothing.
    package func load(_ id: InstallationID) async throws(StoreError) -> DirectoryEntry? {
        let ticket = directory.beginLoad()
        guard let credentials = try await store.credentials(of: id) else { return nil }
        let key = try vault.openKey(credentials.wrappedKey, of: id, number: credentials.number)

        let installationToken = try vault.open(
            credentials.installationToken, under: key, in: id.context(.installationToken),
            table: "installation_secret", number: credentials.number)
        var webhookTokens: [(path: RoutePath, digest: Digest)] = []
        for (path, sealed) in credentials.webhookTokens {
            let token = try vault.open(
                sealed, under: key, in: id.context(.webhookToken(path)), table: "webhook_token",
                number: credentials.number)
            guard isGenuine(token, of: id) else { continue }
            webhookTokens.append((directory.shared(path), directory.digest(of: token)))
        }
        let entry = DirectoryEntry(
            credentials: credentials, installationToken: directory.digest(of: installationToken),
            webhookTokens: webhookTokens)
        guard let entry else { throw .corruptRow(table: "installation", number: credentials.number) }
        directory.finishLoad(entry, for: id, ticket: ticket)
        return entry
    }

    private func isGenuine(_ token: SecretBytes, of id: InstallationID) -> Bool {
        token.expose("verify a stored webhook token") { bytes in
            do {
                let text = String(decoding: bytes, as: UTF8.self)
                return try verifier.webhook(text, for: id.addonKey, now: now().seconds).claims.installationID == id
            } catch {
                return false
            }
        }
    }
}

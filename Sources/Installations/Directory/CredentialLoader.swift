import Marketplace
import Sealing

/// Fills the token directory from the store.
package struct CredentialLoader: Sendable {
    private let store: any InstallationStore
    private let vault: InstallationVault
    private let directory: TokenDirectory

    /// A loader from `store` into `directory`.
    package init(store: any InstallationStore, vault: InstallationVault, directory: TokenDirectory) {
        self.store = store
        self.vault = vault
        self.directory = directory
    }

    /// The entry of a live installation as the store has it now; nil when it is unknown or ended.
    ///
    /// No token's signature is verified here, so none is confirmed: the first webhook with it is verified, against the
    /// keys trusted today. Verifying all of them would delay that webhook by an RSA operation for each that never comes.
    package func load(_ id: InstallationID) async throws(StoreError) -> DirectoryEntry? {
        let load = directory.beginLoad(of: id)
        var entry: DirectoryEntry?
        defer { directory.finish(load, with: entry) }
        guard let credentials = try await store.credentials(of: id) else { return nil }
        entry = try directory.open(credentials, of: id, vault)
        return entry
    }
}

extension TokenDirectory {
    /// What this process knows a token set by: the digests of its webhook tokens, none of them confirmed. All must open.
    fileprivate func open(
        _ credentials: SealedCredentials, of id: InstallationID, _ vault: InstallationVault
    ) throws(StoreError) -> DirectoryEntry {
        let key = try vault.openKey(credentials.wrappedKey, of: id, number: credentials.number)

        var webhookTokens: [(path: RoutePath, digest: Digest)] = []
        for (path, sealed) in credentials.webhookTokens {
            let token = try vault.open(
                sealed, under: key, of: id, at: .webhookToken(path, set: credentials.tokenSet),
                in: .webhookToken(credentials.number))
            webhookTokens.append((shared(path), digest(of: token)))
        }
        guard let entry = DirectoryEntry(credentials: credentials, webhookTokens: webhookTokens) else {
            throw .corruptRow(.installation(credentials.number))
        }
        return entry
    }
}

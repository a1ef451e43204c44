import Sealing

/// The genuine token that a lifecycle call came with, for the one question that needs the store: was it handed out?
///
/// An installation or webhook token proves only that somebody has seen it; members of the workspace may. The platform's
/// claims cannot tell it from a lifecycle token (protocol.md section 1.7); only what is stored can.
package struct PresentedToken: Sendable {
    private let digest: Digest
    private let directory: TokenDirectory

    /// A token whose signature and claims were verified.
    package init(_ token: String, in directory: TokenDirectory) {
        digest = directory.digest(of: token)
        self.directory = directory
    }

    /// Whether it is one of this token set of `id`. All of the set are opened and all compared. One that does not open
    /// may be this very token: then it throws, and the call must change nothing.
    package func isOne(
        of credentials: SealedCredentials, of id: InstallationID, _ vault: InstallationVault
    ) throws(StoreError) -> Bool {
        isOne(of: try directory.open(credentials, of: id, vault))
    }

    /// Whether it is one of the tokens of this entry.
    func isOne(of entry: DirectoryEntry) -> Bool {
        entry.holds(digest)
    }
}

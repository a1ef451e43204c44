package import Marketplace
package import Sealing

/// What the token directory knows of one live installation: digests of its tokens, never the tokens.
package struct DirectoryEntry: Sendable {
    /// Row number of the installation.
    package let number: Int64
    /// ACTIVE or INACTIVE when it was loaded.
    package let status: InstallationStatus
    /// Which token set the digests are of; an append to the inbox names it, so a stale entry accepts nothing.
    package let tokenSet: Int64
    /// The installation key, still wrapped: opened only for the instant of sealing an event.
    package let wrappedKey: SealedValue
    /// Paths and digests side by side; several digests may belong to one path.
    private let paths: [RoutePath]
    private let digests: [Digest]
    private let installationToken: Digest

    /// An entry of verified tokens.
    package init(
        credentials: SealedCredentials, installationToken: Digest, webhookTokens: [(path: RoutePath, digest: Digest)]
    ) {
        number = credentials.number
        status = credentials.status
        tokenSet = credentials.tokenSet
        wrappedKey = credentials.wrappedKey
        paths = webhookTokens.map(\.path)
        digests = webhookTokens.map(\.digest)
        self.installationToken = installationToken
    }

    /// Whether `digest` is of a webhook token of `path`. Every candidate is compared in constant time and none ends the
    /// search early: neither how many tokens a path has nor which one matched shows in the time taken.
    package func accepts(_ digest: Digest, on path: RoutePath) -> Bool {
        digest.matchesAny(zip(paths, digests).lazy.filter { $0.0 == path }.map(\.1))
    }

    /// Whether `digest` is of any token this installation was given. Such a token is no lifecycle token, although the
    /// platform's claims cannot tell them apart (protocol.md section 1.7).
    package func holds(_ digest: Digest) -> Bool {
        digest.matchesAny(digests + [installationToken])
    }
}

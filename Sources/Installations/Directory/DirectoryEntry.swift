package import Marketplace
package import Sealing

/// What the token directory knows of one live installation: digests of its tokens, never the tokens.
///
/// There may be a million of these, so an entry is two blocks of memory: the object and the array of its tokens.
package final class DirectoryEntry: Sendable {
    private struct StoredToken {
        let path: RoutePath
        let digest: Digest
    }

    /// Row number of the installation.
    package let number: InstallationNumber
    /// ACTIVE or INACTIVE when it was loaded.
    package let status: InstallationStatus
    /// Which token set the digests are of; an append to the inbox names it, so a stale entry accepts nothing.
    package let tokenSet: TokenSet
    private let wrapped: WrappedKey
    /// Several tokens may belong to one path. The confirmed ones come first.
    private let webhookTokens: [StoredToken]
    /// How many tokens this process has seen verified since they were loaded. Only these need no RSA operation: so a
    /// platform key that is no longer trusted takes its tokens with it, and no token is verified that never comes.
    private let confirmed: Int

    /// An entry as it was loaded, none of its tokens confirmed; nil when the wrapped key is none.
    package init?(credentials: SealedCredentials, webhookTokens: [(path: RoutePath, digest: Digest)]) {
        guard let wrapped = WrappedKey(credentials.wrappedKey) else { return nil }
        number = credentials.number
        status = credentials.status
        tokenSet = credentials.tokenSet
        self.wrapped = wrapped
        self.webhookTokens = webhookTokens.map { StoredToken(path: $0.path, digest: $0.digest) }
        confirmed = 0
    }

    private init(_ entry: DirectoryEntry, webhookTokens: [StoredToken], confirmed: Int) {
        number = entry.number
        status = entry.status
        tokenSet = entry.tokenSet
        wrapped = entry.wrapped
        self.webhookTokens = webhookTokens
        self.confirmed = confirmed
    }

    /// The installation key, still wrapped: opened only for the instant of sealing an event.
    package var wrappedKey: SealedValue { wrapped.sealed }

    /// Whether `digest` is of a confirmed webhook token of `path`. Every candidate is compared in constant time and none
    /// ends the search early: neither how many tokens a path has nor which one matched shows in the time taken.
    package func accepts(_ digest: Digest, on path: RoutePath) -> Bool {
        isStored(digest, on: path, among: 0..<confirmed)
    }

    /// This entry with the webhook token of `digest` and `path` confirmed; nil when it has no such token. For a token
    /// whose signature and claims this request has verified: a stored one is believed for what it is equal to.
    func confirming(_ digest: Digest, on path: RoutePath) -> DirectoryEntry? {
        guard isStored(digest, on: path, among: webhookTokens.indices) else { return nil }
        var tokens = webhookTokens
        let end = tokens[confirmed...].partition { $0.path != path || !$0.digest.matches(digest) }
        return DirectoryEntry(self, webhookTokens: tokens, confirmed: end)
    }

    private func isStored(_ digest: Digest, on path: RoutePath, among indices: Range<Int>) -> Bool {
        var found: UInt8 = 0
        for token in webhookTokens[indices] where token.path == path { found |= token.digest.matchBit(digest) }
        return found == 1
    }
}

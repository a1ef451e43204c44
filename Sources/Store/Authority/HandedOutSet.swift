package import Installations
package import Sealing

/// The tokens that an installation was ever given, by their digests: a few for each INSTALLED that the platform ever sent for it.
package struct HandedOutSet: Sendable {
    /// In ascending order.
    package private(set) var digests: [Digest]

    /// The digests as a store keeps them, in ascending order.
    package init(_ digests: [Digest] = []) { self.digests = digests }

    /// Whether a token is one of them.
    package func contains(_ token: Digest) -> Bool { token.matchesAny(digests) }

    /// Adds tokens that are handed out now; returns the digests that were not there.
    package mutating func add(_ tokens: [SecretBytes], by known: HandedOutTokens) -> [Digest] {
        var (added, last): ([Digest], SecretBytes?) = ([], nil)
        // Mostly all webhook tokens of an installation are one token.
        for token in tokens where last?.matches(token) != true {
            let digest = known.digest(of: token)
            if !digest.matchesAny(digests), !digest.matchesAny(added) { added.append(digest) }
            last = token
        }
        digests = (digests + added).sorted { $0.bytes.lexicographicallyPrecedes($1.bytes) }
        return added
    }

    /// What stands for all of them in the claim of the installation's row.
    package func summary(by seal: AuthoritySeal) -> Digest { seal.summary(ofHandedOut: digests) }

    /// Whether none is missing and none is too many of what a row vouches for. A row from before it was kept vouches for none.
    package func isWhole(as summary: Digest?, by seal: AuthoritySeal) -> Bool {
        summary.map { self.summary(by: seal).matches($0) } ?? true
    }
}

extension KnownInstallation {
    /// Whether a token was ever handed out for it, by the digests that were asked for.
    ///
    /// - Throws: `.forgedRow` when the set is not the one that the row vouches for: a digest that somebody removed could be
    ///   this token's.
    func remembers(_ token: Digest, by seal: AuthoritySeal) throws(StoreError) -> Bool {
        guard handedOut.isWhole(as: standing.handedOut, by: seal) else {
            throw .forgedRow(.handedOutTokens(standing.number))
        }
        return handedOut.contains(token)
    }
}

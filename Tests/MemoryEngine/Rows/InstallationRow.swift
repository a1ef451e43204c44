package import Installations
package import Sealing
package import Store

/// An installation, with all that lies sealed beside its row.
package struct InstallationRow: Sendable {
    /// The full key.
    package var id: InstallationID
    /// Its row number.
    package var number: InstallationNumber
    /// Where it stands.
    package var status: InstallationStatus
    /// Its API base URL.
    package var apiURL = ""
    /// The add-on's own user.
    package var addonUserID = ""
    /// The user on whose behalf it was installed.
    package var asUser = ""
    /// When it was installed; nil for one that never was.
    package var installedAt: Timestamp?
    /// When it changed last.
    package var updatedAt: Timestamp
    /// When it ended; nil while it lives.
    package var endedAt: Timestamp?
    /// Grows with every INSTALLED.
    package var tokenSet: TokenSet = 0
    /// `iat` of the newest accepted INSTALLED, in unix seconds.
    package var issuedAt: Int64?
    /// Grows with every write of the row.
    package var version: Int64 = 1
    /// Its key; nil when that is destroyed, or never was.
    package var key: InstallationKeyRow?
    /// Stands for `handedOut` in what is vouched for.
    package var summary: Digest?
    /// What vouches for it.
    package var proof: AuthorityProof?

    /// The installation token and the settings, sealed.
    package var secrets: [SecretName: [UInt8]] = [:]
    /// The webhook tokens.
    package var tokens: [StoredToken] = []
    /// Digests of the tokens that it was ever given.
    package var handedOut: [Digest] = []

    /// What of it decides, with whether a live installation came after it.
    package func standing(hasSuccessor: Bool) -> Standing {
        Standing(
            id: id, number: number, status: status, apiURL: apiURL, tokenSet: tokenSet, issuedAt: issuedAt,
            handedOut: summary, wrappedKey: key?.wrapped, proof: proof, hasSuccessor: hasSuccessor)
    }
}

/// The key of an installation: its three columns are there or not, but together.
package struct InstallationKeyRow: Sendable {
    /// Which key.
    package var id: InstallationKeyID
    /// The key itself, wrapped.
    package var wrapped: [UInt8]
    /// The storage key that it is found by.
    package var storageKey: StorageKeyID
}

/// A key that a re-encryption replaced.
package struct OutgoingKeyRow: Sendable {
    /// The key.
    package var key: InstallationKeyRow
    /// Events up to this one are under the new key, or do not open.
    package var resealedThrough: EventID
}

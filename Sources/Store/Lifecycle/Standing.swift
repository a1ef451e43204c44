package import Installations
package import Sealing

/// What a lifecycle call needs to know of the row it changes, and what of it decides.
package struct Standing: Sendable {
    /// Which installation.
    package let id: InstallationID
    /// Its row number.
    package let number: InstallationNumber
    /// Where it stands.
    package var status: InstallationStatus
    /// Its API base URL; empty when there is none.
    package var apiURL: String
    /// Grows with every INSTALLED; 0 for one that never had any.
    package var tokenSet: TokenSet
    /// `iat` of the newest accepted INSTALLED, in unix seconds.
    package var issuedAt: Int64?
    /// Stands for all tokens it was ever given; nil in a row from before it was kept.
    package var handedOut: Digest?
    /// As it lies in the row: one that is damaged must not keep the row from being ended or replaced.
    package let wrappedKey: [UInt8]?
    /// What vouches for it; nil in a row from before there were proofs, and in one that is not written yet.
    package let proof: AuthorityProof?
    /// Whether a live installation of its add-on in its workspace came after it: then it has ended. Somebody who hid the row from
    /// that INSTALLED, and shows it again, has not made it live.
    package let hasSuccessor: Bool

    /// A row.
    package init(
        id: InstallationID, number: InstallationNumber, status: InstallationStatus, apiURL: String, tokenSet: TokenSet,
        issuedAt: Int64?, handedOut: Digest?, wrappedKey: [UInt8]?, proof: AuthorityProof?,
        hasSuccessor: Bool = false
    ) {
        self.id = id
        self.number = number
        self.status = status
        self.apiURL = apiURL
        self.tokenSet = tokenSet
        self.issuedAt = issuedAt
        self.handedOut = handedOut
        self.wrappedKey = wrappedKey
        self.proof = proof
        self.hasSuccessor = hasSuccessor
    }

    /// Which row of authority it is.
    package var subject: AuthoritySubject { .installation(number) }

    /// What the row decides.
    package var claim: AuthorityClaim {
        .installation(
            id, number: number, status: status, apiURL: apiURL, tokenSet: tokenSet, issuedAt: issuedAt,
            handedOut: handedOut)
    }

    /// Throws when what it says is not what whoever holds the deployment's key made it say last.
    ///
    /// - Parameter latest: The number of the newest audit record that decides about it.
    package func check(_ authority: Authority, latest: RecordNumber) throws(StoreError) {
        guard isGenuine(by: authority, latest: latest) else { throw .forgedRow(.installation(number)) }
    }

    /// The same as an answer.
    package func isGenuine(by authority: Authority, latest: RecordNumber) -> Bool {
        !(status.isLive && hasSuccessor) && authority.isGenuine(claim, proof, latest: latest)
    }
}

extension InstallationVault {
    /// Opens the installation's key in force. An installation without one is a corrupt row.
    package func openKey(of standing: Standing) throws(StoreError) -> InstallationKey {
        guard let wrapped = standing.wrappedKey else {
            throw .corruptRow(.installation(standing.number))
        }
        let value = try SealedValue(stored: wrapped, in: .installation(standing.number))
        return try openKey(value, of: standing.id, number: standing.number)
    }
}

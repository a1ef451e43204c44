package import Sealing

/// What vouches for a row of authority: the audit record that made the row say what it says, and a MAC over both.
package struct AuthorityProof: Sendable {
    /// The number of the record. A newer record about the same row makes this one stale, so that an older row, put back with
    /// its own MAC, does not count. To hide that, the record would have to go, and the audit chain shows it.
    package let decidedBy: RecordNumber
    /// Over the row's place, what it says, and the record's number.
    package let mac: Digest

    /// A proof as it stands in a row; nil when it cannot be one.
    package init?(decidedBy: RecordNumber, mac: [UInt8]) {
        guard let mac = Digest(bytes: mac) else { return nil }
        self.init(decidedBy: decidedBy, mac: mac)
    }

    fileprivate init(decidedBy: RecordNumber, mac: Digest) {
        self.decidedBy = decidedBy
        self.mac = mac
    }
}

/// Vouches for rows of authority: keyed BLAKE2b-256 under subkey 5 of the deployment key over the subject, the number of the
/// audit record and every part of the claim, each length-prefixed.
///
/// Who can write the file and holds no key can destroy rows, and put the whole file back to an older state; the head of an
/// audit log that was kept elsewhere shows the latter.
package struct AuthoritySeal: Sendable {
    private let key: MACKey

    /// A seal under the deployment's authority key.
    package init(key: MACKey) {
        self.key = key
    }

    /// The proof of a row that says `claim` since the audit record `number`.
    package func prove(_ claim: AuthorityClaim, decidedBy number: RecordNumber) -> AuthorityProof {
        AuthorityProof(decidedBy: number, mac: digest(claim, number))
    }

    /// Whether the proof is of this claim; compared in constant time. Whether it is stale is the store's to ask.
    package func vouches(for claim: AuthorityClaim, _ proof: AuthorityProof) -> Bool {
        digest(claim, proof.decidedBy).matches(proof.mac)
    }

    /// Stands for a whole set of tokens that were handed out, in a claim: a set with one more or one less has another.
    ///
    /// Over the digests in ascending order. Its first part is no subject's text: what is one is never the other.
    package func summary(ofHandedOut digests: [Digest]) -> Digest {
        key.digest(of: [Array("handed-out-tokens".utf8)] + digests.map(\.bytes))
    }

    private func digest(_ claim: AuthorityClaim, _ number: RecordNumber) -> Digest {
        key.digest(of: ([claim.subject.text, number.description] + claim.parts).map { Array($0.utf8) })
    }
}

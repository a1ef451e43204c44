package import Sealing

/// Knows tokens again that were handed out, for as long as an installation's row stays: by keyed digests, from which no
/// token can be had.
///
/// An installation or webhook token proves only that somebody has seen it; members of the workspace may. The platform's
/// claims cannot tell it from a lifecycle token (protocol.md section 1.7); only what is kept can. A token that was replaced,
/// or whose installation has ended, is as well known to whoever saw it as one in force.
package struct HandedOutTokens: Sendable {
    private let key: MACKey

    /// By subkey 6 of the deployment key.
    package init(key: MACKey) {
        self.key = key
    }

    /// The digest a token is known by.
    package func digest(of token: SecretBytes) -> Digest { key.digest(of: token) }

    /// The digest a token is known by.
    package func digest(of token: String) -> Digest {
        var token = token
        return token.withUTF8 { key.digest(of: UnsafeRawBufferPointer($0)) }
    }
}

/// The genuine token that a lifecycle call came with, as the one question needs it that only the store can answer: was it
/// handed out?
package struct PresentedToken: Sendable {
    /// What it is known by.
    package let digest: Digest
    /// Its `iat`, in unix seconds; nil when it has none.
    package let issuedAt: Int64?

    /// A token whose signature and claims were verified.
    package init(_ token: String, issuedAt: Int64?, by tokens: HandedOutTokens) {
        digest = tokens.digest(of: token)
        self.issuedAt = issuedAt
    }

    /// Whether it is this token; compared in constant time.
    func matches(_ other: Digest) -> Bool { digest.matches(other) }
}

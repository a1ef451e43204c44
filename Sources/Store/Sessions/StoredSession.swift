package import Installations
import Sealing

/// The row of a session, not judged yet.
package struct StoredSession: Sendable {
    /// What it says.
    package let session: Session
    /// The keyed digest of its secret and of what it says.
    package let digest: [UInt8]

    /// What was read.
    package init(session: Session, digest: [UInt8]) {
        self.session = session
        self.digest = digest
    }
}

extension Session {
    /// The digest in the row of a session with this secret. Whoever can write the row, and holds a session, cannot make it another
    /// key's or newer.
    func digest(under secret: SecretBytes, _ key: MACKey) -> Digest {
        secret.expose("digest of a session") { bytes in
            key.digest(of: [
                Array("session".utf8), [UInt8](bytes), Array(id.utf8), Array(apiKeyID.utf8),
                Array(String(createdAt.milliseconds).utf8),
            ])
        }
    }
}

/// Which sessions are read.
package enum SessionSelection: Sendable {
    /// One, by its id.
    case one(String)
    /// Those of an API key, oldest first.
    case of(key: String)
    /// The newest `PageRequest.maximum` of all, newest first.
    case newest
}

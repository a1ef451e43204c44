package import Sealing

/// Somebody who is logged in at the console with an API key, and may do what the key may.
package struct Session: Sendable {
    /// How long one lasts that is used, in milliseconds.
    package static let longest: Int64 = 12 * 3600 * 1000
    /// How long one lasts that is not used.
    package static let idle: Int64 = 2 * 3600 * 1000
    /// How many there are for one key: who begins another ends the oldest.
    package static let most = 20

    /// Its id, which is no secret.
    package let id: String
    /// The id of its API key.
    package let apiKeyID: String
    /// When it began.
    package let createdAt: Timestamp
    /// When it was used last, to the minute.
    package let seenAt: Timestamp
    /// The address it was begun from; empty for one that has none.
    package let source: String

    /// A session as a store keeps it.
    package init(id: String, apiKeyID: String, createdAt: Timestamp, seenAt: Timestamp, source: String) {
        self.id = id
        self.apiKeyID = apiKeyID
        self.createdAt = createdAt
        self.seenAt = seenAt
        self.source = source
    }

    /// Whether it lasts. One that began or was used later than now did so by a clock that was ahead: how long ago nobody knows.
    package func lasts(at: Timestamp) -> Bool {
        (0..<Self.longest).contains(at.milliseconds &- createdAt.milliseconds)
            && (0..<Self.idle).contains(at.milliseconds &- seenAt.milliseconds)
    }
}

/// What persistence must promise for sessions. They lie in the store, so that a restart ends none and every process that shares it
/// knows them.
package protocol SessionStore: Sendable {
    /// Begins a session of a key that is in force; the secret exists only in the answer. Audited in the same transaction.
    func beginSession(
        of key: APIKey, from source: String, at: Timestamp
    ) async throws(StoreError) -> (session: Session, secret: SecretBytes)

    /// Whose secret this is: the session while it lasts, and its key while that is in force. Compared in constant time.
    func session(
        presenting secret: SecretBytes, at: Timestamp
    ) async throws(StoreError) -> (session: Session, key: APIKey)?

    /// Whether a session lasts and its key is in force.
    func lasts(_ id: String, at: Timestamp) async throws(StoreError) -> Bool

    /// The sessions that last, newest first, at most `PageRequest.maximum`.
    func sessions(at: Timestamp) async throws(StoreError) -> [Session]

    /// Ends a session at once; false when there is none. Audited in the same transaction.
    func endSession(_ id: String, actor: Actor, at: Timestamp) async throws(StoreError) -> Bool

    /// What proves that a form was made for who holds this secret, in hexadecimal.
    func formToken(for secret: SecretBytes) -> String
}

package import Sealing

/// What a client of the operator listener may do.
package enum Scope: String, CaseIterable, Sendable {
    /// Lists and details.
    case read
    /// Installation tokens.
    case tokens
    /// Leasing and settling events.
    case events
    /// Everything.
    case admin
}

/// An API key as the store keeps it: never its secret.
package struct APIKey: Sendable {
    /// Its id, which the audit log names and which is the public part of the secret's text.
    package let id: String
    /// What the operator calls it.
    package let name: String
    /// What it may do.
    package let scopes: Set<Scope>
    /// When it was created.
    package let createdAt: Timestamp
    /// When it was last used, to the minute; nil when it never was.
    package let lastUsedAt: Timestamp?
    /// When it was revoked.
    package let revokedAt: Timestamp?
    /// Whether what it may do is authentic; if not, somebody without the deployment's key changed it, and it opens nothing.
    package let isGenuine: Bool

    /// A key as a store keeps it.
    package init(
        id: String, name: String, scopes: Set<Scope>, createdAt: Timestamp, lastUsedAt: Timestamp?,
        revokedAt: Timestamp?, isGenuine: Bool
    ) {
        self.id = id
        self.name = name
        self.scopes = scopes
        self.createdAt = createdAt
        self.lastUsedAt = lastUsedAt
        self.revokedAt = revokedAt
        self.isGenuine = isGenuine
    }

    /// Whether it may do what `scope` stands for.
    package func allows(_ scope: Scope) -> Bool {
        isGenuine && revokedAt == nil && (scopes.contains(scope) || scopes.contains(.admin))
    }
}

/// What persistence must promise for API keys.
package protocol APIKeyStore: Sendable {
    /// Makes a key; the secret exists only in the answer. Audited in the same transaction.
    func createAPIKey(
        name: String, scopes: Set<Scope>, actor: Actor, at: Timestamp
    ) async throws(StoreError) -> (key: APIKey, secret: SecretBytes)

    /// The unrevoked key whose secret this is; nil for anything else. Compared by keyed hash in constant time.
    func apiKey(presenting secret: SecretBytes, at: Timestamp) async throws(StoreError) -> APIKey?

    /// Every key, oldest first, at most `PageRequest.maximum`.
    func apiKeys() async throws(StoreError) -> [APIKey]

    /// Revokes a key at once; false when there is none that is not revoked. Audited in the same transaction.
    func revokeAPIKey(_ id: String, actor: Actor, at: Timestamp) async throws(StoreError) -> Bool
}

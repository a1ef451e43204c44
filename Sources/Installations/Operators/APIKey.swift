package import Marketplace
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

/// What an API key gives: decided when it is made, and never changed.
package struct APIKeyGrant: Hashable, Sendable {
    /// What it may do.
    package let scopes: Set<Scope>
    /// The add-ons that there are for it; nil for all. With some it is never an administrator's: that one could make itself a
    /// key for all.
    package let addons: Set<AddonKey>?
    /// From when on it opens nothing; nil for never.
    package let expiresAt: Timestamp?

    /// A grant, by default for everything and for good.
    package init(scopes: Set<Scope>, addons: Set<AddonKey>? = nil, expiresAt: Timestamp? = nil) {
        self.scopes = scopes
        self.addons = addons
        self.expiresAt = expiresAt
    }

    /// The add-ons one in a line, as stores keep them; empty for all. No key holds a line break.
    package var addonList: String { (addons ?? []).map(\.text).sorted().joined(separator: "\n") }

    /// Whether it gives what `scope` stands for.
    package func allows(_ scope: Scope) -> Bool {
        let isAdmin = scopes.contains(.admin) && addons == nil
        return isAdmin || scope != .admin && scopes.contains(scope)
    }

    /// All of it in words, for the audit log.
    package var description: String {
        var words = "scopes " + scopes.map(\.rawValue).sorted().joined(separator: " ")
        if let addons { words += "; add-ons " + addons.map(\.text).sorted().joined(separator: ", ") }
        if let expiresAt { words += "; until \(expiresAt.rfc3339)" }
        return words
    }
}

/// An API key as the store keeps it: never its secret.
package struct APIKey: Sendable {
    /// Its id, which the audit log names and which is the public part of the secret's text.
    package let id: String
    /// What the operator calls it.
    package let name: String
    /// What it gives.
    package let grant: APIKeyGrant
    /// When it was created.
    package let createdAt: Timestamp
    /// When it was last used, to the minute, and from which address; nil when it never was.
    package let lastUse: (at: Timestamp, from: String)?
    /// When it was revoked.
    package let revokedAt: Timestamp?
    /// Whether what it may do is authentic; if not, somebody without the deployment's key changed it, and it opens nothing.
    package let isGenuine: Bool

    /// A key as a store keeps it.
    package init(
        id: String, name: String, grant: APIKeyGrant, createdAt: Timestamp, lastUse: (at: Timestamp, from: String)?,
        revokedAt: Timestamp?, isGenuine: Bool
    ) {
        self.id = id
        self.name = name
        self.grant = grant
        self.createdAt = createdAt
        self.lastUse = lastUse
        self.revokedAt = revokedAt
        self.isGenuine = isGenuine
    }

    /// Whether it may do what `scope` stands for.
    package func allows(_ scope: Scope) -> Bool {
        isGenuine && revokedAt == nil && grant.allows(scope)
    }
}

/// What was found about a secret that somebody presents.
package enum APIKeyJudgement: Sendable {
    /// The secret of this key, which is in force.
    case valid(APIKey)
    /// The secret of no key; whose id it holds means nothing then.
    case unknown
    /// The secret of this key, which opens nothing: `revoked`, `expired` or `forged`.
    case refused(id: String, why: String)
}

/// What persistence must promise for API keys.
package protocol APIKeyStore: Sendable {
    /// Makes a key; the secret exists only in the answer. Audited in the same transaction.
    func createAPIKey(
        name: String, _ grant: APIKeyGrant, actor: Actor, at: Timestamp
    ) async throws(StoreError) -> (key: APIKey, secret: SecretBytes)

    /// Whose secret this is, compared by keyed hash in constant time. `source` is the address it was presented from.
    func judge(
        presenting secret: SecretBytes, from source: String, at: Timestamp
    ) async throws(StoreError) -> APIKeyJudgement

    /// Every key, oldest first, at most `PageRequest.maximum`.
    func apiKeys() async throws(StoreError) -> [APIKey]

    /// Revokes a key at once; false when there is none that is not revoked. Audited in the same transaction.
    func revokeAPIKey(_ id: String, actor: Actor, at: Timestamp) async throws(StoreError) -> Bool
}

extension APIKeyStore {
    /// Makes a key for all add-ons and for good.
    package func createAPIKey(
        name: String, scopes: Set<Scope>, actor: Actor, at: Timestamp
    ) async throws(StoreError) -> (key: APIKey, secret: SecretBytes) {
        try await createAPIKey(name: name, APIKeyGrant(scopes: scopes), actor: actor, at: at)
    }
}

package import Installations

/// Decides about API keys. It reads nothing and writes nothing.
package enum APIKeyPlanner {
    /// How often a use is noted, in milliseconds: a busy client must not turn every read into a write.
    private static let useInterval: Int64 = 60_000

    /// What decides that a key was made.
    package static func creation(_ key: APIKey, actor: Actor) -> AuditEntry {
        AuditEntry(
            at: key.createdAt, actor: actor.text, action: AuditAction.createAPIKey.rawValue, subject: key.id,
            outcome: "created", detail: detail(key), decides: .apiKey(key.id))
    }

    /// What a key that was presented may do; its hash is the one that was stored.
    ///
    /// - Parameter end: When it ends; nil for never.
    package static func judge(_ key: APIKey, end: Timestamp?, at: Timestamp) -> APIKeyJudgement {
        // Scopes, add-ons, an end or a revocation that somebody changed in the file: nobody gave the key what it says.
        guard key.isGenuine else { return .refused(id: key.id, why: "forged") }
        guard key.revokedAt == nil else { return .refused(id: key.id, why: "revoked") }
        guard end.map({ at < $0 }) ?? true else { return .refused(id: key.id, why: "expired") }
        return .valid(key)
    }

    /// Whether a use is to be noted, whether the clock stepped back since the last or not.
    package static func notesUse(of key: APIKey, at: Timestamp) -> Bool {
        !(0..<useInterval).contains(at.milliseconds &- (key.lastUse?.at.milliseconds ?? 0))
    }

    /// What decides that a key is revoked. Also of one whose row is not authentic: a revocation takes authority away and gives
    /// none. Of one that is unknown, or revoked already, it decides nothing.
    ///
    /// - Parameter key: The key, if it is there and not revoked.
    package static func revocation(of id: String, _ key: APIKey?, actor: Actor, at: Timestamp) -> AuditEntry {
        AuditEntry(
            at: at, actor: actor.text, action: AuditAction.revokeAPIKey.rawValue, subject: String(id.prefix(64)),
            outcome: key == nil ? "refused: unknown, or revoked already" : "revoked", detail: key.map(detail) ?? "",
            decides: key.map { .apiKey($0.id) })
    }

    /// What the audit log says of a key: enough to know it again when its row is gone.
    private static func detail(_ key: APIKey) -> String { "\(key.name): \(key.grant.description)" }
}

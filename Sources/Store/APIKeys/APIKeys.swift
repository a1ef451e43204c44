package import Installations
package import Sealing

extension Store: APIKeyStore {
    package func createAPIKey(
        name: String, _ grant: APIKeyGrant, actor: Actor, at: Timestamp
    ) async throws(StoreError) -> (key: APIKey, secret: SecretBytes) {
        let (id, secret) = APIKeySecret.random()
        let hash = tools.keys.apiKeys.digest(of: secret)
        let key = APIKey(
            id: id, name: name, grant: grant, createdAt: at, lastUse: nil, revokedAt: nil, isGenuine: true)
        try await write { [tools] writes in
            let entry = APIKeyPlanner.creation(key, actor: actor)
            try writes.apply([.decide(.newAPIKey(key, hash: hash), by: entry)], by: tools)
        }
        return (key, secret)
    }

    package func judge(
        presenting secret: SecretBytes, from source: String, at: Timestamp
    ) async throws(StoreError) -> APIKeyJudgement {
        guard let id = APIKeySecret.id(inside: secret) else { return .unknown }
        let presented = tools.keys.apiKeys.digest(of: secret)
        let found: (key: APIKey, end: Timestamp?)? = try await read { [tools] reads in
            guard let stored = try reads.apiKeys([id]).first, let hash = Digest(bytes: stored.hash),
                presented.matchesAny([hash])
            else { return nil }
            return (stored.judged(by: tools.authority), stored.end(try reads.clock().steps))
        }
        guard let (key, end) = found else { return .unknown }
        let judgement = APIKeyPlanner.judge(key, end: end, at: at)
        if case .valid = judgement, APIKeyPlanner.notesUse(of: key, at: at) {
            try await write { [tools] writes in
                try writes.apply([.noteUse(of: id, from: source, at: at)], by: tools)
            }
            // Not what the request asks for: that may still be withdrawn.
            _ = WriteTicket.current?.release()
        }
        return judgement
    }

    package func apiKeys() async throws(StoreError) -> [APIKey] {
        try await read { [tools] reads in try reads.apiKeys(nil).map { $0.judged(by: tools.authority) } }
    }

    package func revokeAPIKey(_ id: String, actor: Actor, at: Timestamp) async throws(StoreError) -> Bool {
        try await write { [tools] writes in
            // One that somebody made to look revoked is not: it would look otherwise again when he likes.
            let stored = try writes.apiKeys([id]).first { key in
                let judged = key.judged(by: tools.authority)
                return judged.revokedAt == nil || !judged.isGenuine
            }
            let entry = APIKeyPlanner.revocation(
                of: id, stored?.judged(by: tools.authority), actor: actor, at: at)
            guard let stored else {
                try writes.apply([.record(entry)], by: tools)
                return false
            }
            let revoked = Decision.revokedAPIKey(id, stored.claim(isRevoked: true), at: at)
            try writes.apply([.decide(revoked, by: entry)], by: tools)
            return true
        }
    }
}

/// The row of an API key, not judged yet.
package struct StoredAPIKey: Sendable {
    /// Its id.
    package let id: String
    /// What the operator calls it.
    package let name: String
    /// What it gives.
    package let grant: APIKeyGrant
    /// The keyed hash of its secret.
    package let hash: [UInt8]
    /// When it was created.
    package let createdAt: Timestamp
    /// When it was last used and from where; nil when it never was.
    package let lastUse: (at: Timestamp, from: String)?
    /// When it was revoked.
    package let revokedAt: Timestamp?
    /// What vouches for it, and the newest record that decides about it.
    package let vouched: Vouched

    /// What was read.
    package init(
        id: String, name: String, grant: APIKeyGrant, hash: [UInt8], createdAt: Timestamp,
        lastUse: (at: Timestamp, from: String)?, revokedAt: Timestamp?, vouched: Vouched
    ) {
        self.id = id
        self.name = name
        self.grant = grant
        self.hash = hash
        self.createdAt = createdAt
        self.lastUse = lastUse
        self.revokedAt = revokedAt
        self.vouched = vouched
    }

    /// What its row says, or would say.
    package func claim(isRevoked: Bool) -> AuthorityClaim { .apiKey(id, grant, hash: hash, isRevoked: isRevoked) }

    /// The key as an operator sees it.
    func judged(by authority: Authority) -> APIKey {
        APIKey(
            id: id, name: name, grant: grant, createdAt: createdAt, lastUse: lastUse, revokedAt: revokedAt,
            isGenuine: authority.isGenuine(claim(isRevoked: revokedAt != nil), vouched))
    }

    /// When it ends; nil for never. One that was made while the clock was ahead lives, from when that was put right, as long as
    /// it was meant to.
    func end(_ steps: ClockSteps) -> Timestamp? {
        guard let end = grant.expiresAt else { return nil }
        let made = steps.date(createdAt, recordedAs: vouched.proof?.decidedBy ?? 0)
        return Timestamp(milliseconds: end.milliseconds - (createdAt.milliseconds - made.milliseconds))
    }
}

package import Installations
package import Sealing

extension Store: SessionStore {
    /// How often a use is noted, in milliseconds: looking must not turn every read into a write.
    private static let useInterval: Int64 = 60_000

    package func beginSession(
        of key: APIKey, from source: String, at: Timestamp
    ) async throws(StoreError) -> (session: Session, secret: SecretBytes) {
        let (id, secret) = SessionSecret.random()
        let session = Session(id: id, apiKeyID: key.id, createdAt: at, seenAt: at, source: source)
        let digest = session.digest(under: secret, tools.keys.sessions)
        try await write { [tools] writes in
            let others = try writes.sessions(.of(key: key.id)).map(\.session)
            let lasting = others.filter { $0.lasts(at: at) }
            let over = others.filter { !$0.lasts(at: at) } + lasting.dropLast(Session.most - 1)
            var changes: [Change] = over.isEmpty ? [] : [.endSessions(over.map(\.id))]
            changes.append(.beginSession(StoredSession(session: session, digest: digest.bytes)))
            changes.append(
                .record(
                    AuditEntry(
                        at: at, actor: Actor.apiKey(key.id).text, action: AuditAction.beginSession.rawValue,
                        subject: id,
                        outcome: "begun", detail: source)))
            try writes.apply(changes, by: tools)
        }
        return (session, secret)
    }

    package func session(
        presenting secret: SecretBytes, at: Timestamp
    ) async throws(StoreError) -> (session: Session, key: APIKey)? {
        guard let id = SessionSecret.id(inside: secret) else { return nil }
        let found: (session: Session, key: APIKey)? = try await read { [tools] reads in
            guard let row = try reads.sessions(.one(id)).first, let digest = Digest(bytes: row.digest),
                row.session.digest(under: secret, tools.keys.sessions).matches(digest),
                let key = try row.session.key(at: at, reads, tools)
            else { return nil }
            return (row.session, key)
        }
        guard let found else { return nil }
        if at.milliseconds - found.session.seenAt.milliseconds >= Self.useInterval {
            // `try?`: whose session it is has been read. While nothing can be written the pages that say so must be seen.
            _ = try? await write { [tools] writes in try writes.apply([.noteSession(id, at: at)], by: tools) }
            // Not what the request asks for: that may still be withdrawn.
            _ = WriteTicket.current?.release()
        }
        return found
    }

    package func lasts(_ id: String, at: Timestamp) async throws(StoreError) -> Bool {
        try await read { [tools] reads in
            try reads.sessions(.one(id)).first?.session.key(at: at, reads, tools) != nil
        }
    }

    package func sessions(at: Timestamp) async throws(StoreError) -> [Session] {
        try await read { reads in try reads.sessions(.newest).map(\.session).filter { $0.lasts(at: at) } }
    }

    package func endSession(_ id: String, actor: Actor, at: Timestamp) async throws(StoreError) -> Bool {
        try await write { [tools] writes in
            guard let session = try writes.sessions(.one(id)).first?.session else { return false }
            let entry = AuditEntry(
                at: at, actor: actor.text, action: AuditAction.endSession.rawValue, subject: id, outcome: "ended",
                detail: "of \(Actor.apiKey(session.apiKeyID).text)")
            try writes.apply([.endSessions([id]), .record(entry)], by: tools)
            return true
        }
    }

    package func formToken(for secret: SecretBytes) -> String {
        secret.expose("the token of a form") { bytes in
            RandomText.hexadecimal(tools.keys.sessions.digest(of: [Array("form".utf8), [UInt8](bytes)]).bytes)
        }
    }
}

extension Session {
    /// Its key, while it lasts and the key is in force.
    fileprivate func key(at now: Timestamp, _ reads: any StoreReads, _ tools: StoreTools) throws -> APIKey? {
        guard lasts(at: now), let stored = try reads.apiKeys([apiKeyID]).first else { return nil }
        let end = stored.end(try reads.clock().steps)
        guard case .valid(let key) = APIKeyPlanner.judge(stored.judged(by: tools.authority), end: end, at: now) else {
            return nil
        }
        return key
    }
}

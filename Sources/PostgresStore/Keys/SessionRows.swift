import Installations
import Store

/// Sessions at the console in SQL.
enum SessionRows {
    static func select(_ selection: SessionSelection) -> Query {
        let select = "SELECT id, api_key, digest, created_at, seen_at, source FROM innkeeper.session"
        return switch selection {
        case .one(let id): Query("\(select) WHERE id = $1", id)
        case .of(let key): Query("\(select) WHERE api_key = $1 ORDER BY created_at, id", key)
        case .newest: Query("\(select) ORDER BY created_at DESC, id DESC LIMIT \(PageRequest.maximum)")
        }
    }

    static func session(_ row: ResultRow) -> StoredSession {
        StoredSession(
            session: Session(
                id: row.text(0), apiKeyID: row.text(1), createdAt: row.time(3), seenAt: row.time(4),
                source: row.text(5)),
            digest: row.bytes(2))
    }

    static func insert(_ stored: StoredSession) -> Query {
        let session = stored.session
        return Query(
            """
            INSERT INTO innkeeper.session (id, api_key, digest, created_at, seen_at, source)
            VALUES ($1, $2, $3, $4, $5, $6)
            """, session.id, session.apiKeyID, stored.digest, session.createdAt.milliseconds,
            session.seenAt.milliseconds, session.source)
    }

    static func note(_ id: String, at: Timestamp) -> Query {
        Query("UPDATE innkeeper.session SET seen_at = $1 WHERE id = $2", at.milliseconds, id)
    }

    static func delete(_ ids: [String]) -> Query {
        Query("DELETE FROM innkeeper.session WHERE id = ANY($1)", Column(ids))
    }
}

import GRDB
import Installations
import Store

/// Sessions at the console in SQL.
enum SessionRows {
    static func sessions(_ selection: SessionSelection, _ db: Database) throws -> [StoredSession] {
        let (condition, arguments): (String, StatementArguments) =
            switch selection {
            case .one(let id): ("WHERE id = ?", [id])
            case .of(let key): ("WHERE api_key = ? ORDER BY created_at, id", [key])
            case .newest: ("ORDER BY created_at DESC, id DESC LIMIT \(PageRequest.maximum)", [])
            }
        return try Row.fetchAll(db.cachedStatement(sql: "SELECT * FROM session \(condition)"), arguments: arguments)
            .map { row in
                StoredSession(
                    session: Session(
                        id: row["id"], apiKeyID: row["api_key"], createdAt: row.time("created_at"),
                        seenAt: row.time("seen_at"), source: row["source"]),
                    digest: row.bytes("digest"))
            }
    }

    static func insert(_ stored: StoredSession, _ db: Database) throws {
        let session = stored.session
        try db.execute(
            sql: "INSERT INTO session (id, api_key, digest, created_at, seen_at, source) VALUES (?, ?, ?, ?, ?, ?)",
            arguments: [
                session.id, session.apiKeyID, stored.digest.databaseBytes, session.createdAt.milliseconds,
                session.seenAt.milliseconds, session.source,
            ])
    }

    static func note(_ id: String, at: Timestamp, _ db: Database) throws {
        try db.execute(sql: "UPDATE session SET seen_at = ? WHERE id = ?", arguments: [at.milliseconds, id])
    }

    static func delete(_ ids: [String], _ db: Database) throws {
        for id in ids { try db.execute(sql: "DELETE FROM session WHERE id = ?", arguments: [id]) }
    }
}

import GRDB
import Installations
import Sealing
import Store

/// Rotations in SQL.
enum RotationRows {
    /// The rotation that was begun last.
    static func latest(_ db: Database) throws -> StoredRotation? {
        guard let row = try Row.fetchOne(db, sql: "SELECT * FROM rotation ORDER BY number DESC LIMIT 1") else {
            return nil
        }
        let number: Int64 = row["number"]
        return StoredRotation(
            record: record(row), number: number,
            vouched: Vouched(proof: AuthorityProof(row), latest: try AuditRows.latest(about: .rotation(number), db)))
    }

    private static func record(_ row: Row) -> RotationRecord? {
        guard let from = StorageKeyID(row["from_key"] as String), let to = StorageKeyID(row["to_key"] as String) else {
            return nil
        }
        return RotationRecord(
            number: row["number"], plan: RotationPlan(from: from, to: to, reencrypt: row["reencrypt"]),
            startedAt: row.time("started_at"), finishedAt: row.timeIfAny("finished_at"))
    }

    static func write(_ record: RotationRecord, _ proof: AuthorityProof, _ db: Database) throws {
        try db.execute(
            sql: """
                INSERT INTO rotation (number, from_key, to_key, reencrypt, started_at, finished_at, decided_by, mac)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?)
                ON CONFLICT (number) DO UPDATE SET from_key = excluded.from_key, to_key = excluded.to_key,
                    reencrypt = excluded.reencrypt, started_at = excluded.started_at,
                    finished_at = excluded.finished_at,
                    decided_by = excluded.decided_by, mac = excluded.mac
                """,
            arguments: [
                record.number, record.plan.from.description, record.plan.to.description, record.plan.reencrypt,
                record.startedAt.milliseconds, record.finishedAt?.milliseconds, proof.decidedBy,
                proof.mac.bytes.databaseBytes,
            ])
    }
}

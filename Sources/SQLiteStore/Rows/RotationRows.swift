import GRDB
package import Installations
import Sealing
import Store

/// Rotations in SQL.
enum RotationRows {
    static func rotation(_ row: Row, _ authority: Authority, _ db: Database) throws -> RotationRecord {
        let number: Int64 = row["number"]
        guard let from = StorageKeyID(row["from_key"] as String), let to = StorageKeyID(row["to_key"] as String) else {
            throw StoreError.corruptRow(table: "rotation", number: number)
        }
        let plan = RotationPlan(from: from, to: to, reencrypt: row["reencrypt"])
        let finishedAt = row.timeIfAny("finished_at")
        let record = RotationRecord(
            number: number, plan: plan, startedAt: row.time("started_at"), finishedAt: finishedAt)
        guard try authority.isGenuine(record.claim, AuthorityProof(row), db) else {
            throw StoreError.forgedRow(table: "rotation", number: number)
        }
        return record
    }

    /// The rotation that was begun last; nil when there is none, or what it says is not authentic. Then another may begin
    /// and takes its place: an end that somebody set a year ahead would otherwise keep every other from beginning.
    static func latest(_ authority: Authority, _ db: Database) throws -> RotationRecord? {
        do {
            return try row(db).map { try rotation($0, authority, db) }
        } catch StoreError.forgedRow {
            return nil
        }
    }

    /// The row of the rotation that was begun last.
    static func row(_ db: Database) throws -> Row? {
        try Row.fetchOne(db, sql: "SELECT * FROM rotation ORDER BY number DESC LIMIT 1")
    }

    /// Writes what the record `entry` decides.
    static func write(
        _ record: RotationRecord, _ entry: AuditEntry, _ chain: AuditChain, _ authority: Authority, _ db: Database
    ) throws {
        let proof = authority.seal.prove(record.claim, decidedBy: try AuditRows.append(entry, db, chain))
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

extension SQLiteStore {
    package func latestRotation() async throws(StoreError) -> RotationRecord? {
        try await read { [authority] db in try RotationRows.latest(authority, db) }
    }

    package func beginRotation(
        _ plan: RotationPlan, actor: Actor, at: Timestamp
    ) async throws(StoreError) -> RotationRecord {
        try await write { [chain, authority] db in
            let rotation = RotationPlanner.begin(
                plan, latest: try RotationRows.latest(authority, db), lastNumber: try RotationRows.row(db)?["number"],
                at: at)
            let entry = RotationPlanner.entry(rotation, actor: actor, at: at)
            try RotationRows.write(rotation, entry, chain, authority, db)
            return rotation
        }
    }

    package func finishRotation(
        _ rotation: RotationRecord, actor: Actor, at: Timestamp
    ) async throws(StoreError) {
        try await write { [chain, authority] db in
            let finished = try RotationPlanner.finish(
                rotation, latest: try RotationRows.latest(authority, db), at: at)
            let entry = RotationPlanner.entry(finished, actor: actor, at: at)
            try RotationRows.write(finished, entry, chain, authority, db)
        }
    }

    package func lastInstallationNumber() async throws(StoreError) -> Int64 {
        try await read { db in try Int64.fetchOne(db, sql: "SELECT max(number) FROM installation") ?? 0 }
    }

    package func truncateLog() async {
        await logTruncator.truncate()
    }
}

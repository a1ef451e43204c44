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
        let claim = AuthorityClaim.rotation(number: number, plan: plan, finishedAt: finishedAt)
        guard try authority.isGenuine(claim, AuthorityProof(row), db) else {
            throw StoreError.forgedRow(table: "rotation", number: number)
        }
        return RotationRecord(number: number, plan: plan, startedAt: row.time("started_at"), finishedAt: finishedAt)
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
        let claim = AuthorityClaim.rotation(number: record.number, plan: record.plan, finishedAt: record.finishedAt)
        let proof = authority.seal.prove(claim, decidedBy: try AuditRows.append(entry, db, chain))
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
            let latest = try RotationRows.latest(authority, db)
            // What an unfinished one set out to do is part of the new one: it walks over every row again.
            let unfinished = latest?.finishedAt == nil ? latest : nil
            let number: Int64
            if let latest {
                number = unfinished?.number ?? latest.number + 1
            } else {
                number = try RotationRows.row(db)?["number"] ?? 1
            }
            let rotation = RotationRecord(
                number: number, plan: plan, startedAt: unfinished?.startedAt ?? at, finishedAt: nil)
            try RotationRows.write(rotation, rotation.entry("began", actor, at), chain, authority, db)
            return rotation
        }
    }

    package func finishRotation(
        _ rotation: RotationRecord, actor: Actor, at: Timestamp
    ) async throws(StoreError) {
        try await write { [chain, authority] db in
            let latest = try RotationRows.latest(authority, db)
            guard let latest, latest.number == rotation.number, latest.finishedAt == nil else {
                throw StoreError.conflict("the rotation was not the one under way any more")
            }
            let finished = RotationRecord(
                number: latest.number, plan: latest.plan, startedAt: latest.startedAt, finishedAt: at)
            try RotationRows.write(finished, finished.entry("finished", actor, at), chain, authority, db)
        }
    }

    package func lastInstallationNumber() async throws(StoreError) -> Int64 {
        try await read { db in try Int64.fetchOne(db, sql: "SELECT max(number) FROM installation") ?? 0 }
    }

    package func truncateLog() async {
        await logTruncator.truncate()
    }
}

extension RotationRecord {
    fileprivate func entry(_ outcome: String, _ actor: Actor, _ at: Timestamp) -> AuditEntry {
        AuditEntry(
            at: at, actor: actor.text, action: AuditAction.rotateStorageKey.rawValue, subject: plan.from.description,
            outcome: outcome, detail: "to \(plan.to)" + (plan.reencrypt ? ", with new installation keys" : ""),
            decides: .rotation(number))
    }
}

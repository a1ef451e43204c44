import GRDB
package import Installations
import Sealing

/// Rotations in SQL.
enum RotationRows {
    static func rotation(_ row: Row) throws -> RotationRecord {
        let number: Int64 = row["number"]
        guard let from = StorageKeyID(row["from_key"] as String), let to = StorageKeyID(row["to_key"] as String) else {
            throw StoreError.corruptRow(table: "rotation", number: number)
        }
        return RotationRecord(
            number: number, plan: RotationPlan(from: from, to: to, reencrypt: row["reencrypt"]),
            startedAt: row.time("started_at"), finishedAt: row.timeIfAny("finished_at"))
    }

    static func latest(_ db: Database) throws -> RotationRecord? {
        try Row.fetchOne(db, sql: "SELECT * FROM rotation ORDER BY number DESC LIMIT 1").map(rotation)
    }
}

extension SQLiteStore {
    package func latestRotation() async throws(StoreError) -> RotationRecord? {
        try await read { db in try RotationRows.latest(db) }
    }

    package func beginRotation(
        _ plan: RotationPlan, actor: Actor, at: Timestamp
    ) async throws(StoreError) -> RotationRecord {
        try await write { [chain] db in
            // What an unfinished one set out to do is part of the new one: it walks over every row again.
            try db.execute(
                sql: "UPDATE rotation SET from_key = ?, to_key = ?, reencrypt = ? WHERE finished_at IS NULL",
                arguments: [plan.from.description, plan.to.description, plan.reencrypt])
            if db.changesCount == 0 {
                try db.execute(
                    sql: "INSERT INTO rotation (from_key, to_key, reencrypt, started_at) VALUES (?, ?, ?, ?)",
                    arguments: [plan.from.description, plan.to.description, plan.reencrypt, at.milliseconds])
            }
            try AuditRows.append(plan.entry("began", actor, at), db, chain)
            guard let rotation = try RotationRows.latest(db) else { throw StoreError.conflict("no rotation was begun") }
            return rotation
        }
    }

    package func finishRotation(
        _ rotation: RotationRecord, actor: Actor, at: Timestamp
    ) async throws(StoreError) {
        try await write { [chain] db in
            try db.execute(
                sql: "UPDATE rotation SET finished_at = ? WHERE number = ? AND finished_at IS NULL",
                arguments: [at.milliseconds, rotation.number])
            try AuditRows.append(rotation.plan.entry("finished", actor, at), db, chain)
        }
    }

    package func lastInstallationNumber() async throws(StoreError) -> Int64 {
        try await read { db in try Int64.fetchOne(db, sql: "SELECT max(number) FROM installation") ?? 0 }
    }

    package func forgetReplaced() async {
        await eraser.truncate()
    }
}

extension RotationPlan {
    fileprivate func entry(_ outcome: String, _ actor: Actor, _ at: Timestamp) -> AuditEntry {
        AuditEntry(
            at: at, actor: actor.text, action: AuditAction.rotateStorageKey.rawValue, subject: from.description,
            outcome: outcome, detail: "to \(to)" + (reencrypt ? ", with new installation keys" : ""))
    }
}

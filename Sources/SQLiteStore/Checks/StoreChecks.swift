import GRDB
import Glibc
package import Installations
package import Webhooks

extension SQLiteStore {
    /// The store's side of `doctor`. Every check is bounded but `quick_check`, which reads the whole file.
    ///
    /// - Parameter retention: How long events are kept.
    package func findings(
        at now: Timestamp, retention: EventRetention = EventRetention(days: 7)
    ) async -> [Finding] {
        var findings = [Finding("sqlite", .ok, "\(summary): the WAL-reset bug cannot bite")]
        if let condition = await condition() {
            findings.append(Finding("writes", .fail, condition.problem, fix: condition.remedy))
        }
        if !lock.isInPlace {
            findings.append(
                Finding(
                    "lock", .fail, "innkeeper.lock is not the file that this process holds: a second one could start",
                    fix: "stop every innkeeper on this data directory, then start one"))
        }
        do throws(StoreError) {
            findings.append(try await integrity())
            findings.append(try await durability())
            findings.append(log())
            findings.append(try await clock(now, retention))
            findings.append(try await audit())
            findings.append(try await authenticity())
            findings.append(inbox())
            findings += try await deliveryFindings(at: now)
            findings.append(disk())
            findings.append(try await sealedValues())
            findings.append(try await rotation())
            findings.append(try await lastBackup(now))
        } catch {
            findings.append(
                Finding(
                    "store", .fail, error.description, fix: "check the disk and the storage keys, then run doctor again"
                ))
        }
        return findings
    }

    private func integrity() async throws(StoreError) -> Finding {
        let result = try await read { db in try String.fetchOne(db, sql: "PRAGMA quick_check(1)") ?? "no answer" }
        if result == "ok" { return Finding("database", .ok, "quick_check passes") }
        return Finding("database", .fail, "quick_check finds damage", fix: "restore the newest backup")
    }

    private func durability() async throws(StoreError) -> Finding {
        let synchronous: Int
        do {
            // No transaction: it says how commits would be, also while none is possible.
            synchronous = try await pool.writeWithoutTransaction { db in
                try Int.fetchOne(db, sql: "PRAGMA synchronous") ?? -1
            }
        } catch {
            throw translate(error)
        }
        if synchronous == 2 { return Finding("durability", .ok, "synchronous=FULL, journal in WAL mode") }
        return Finding("durability", .fail, "synchronous=\(synchronous), not 2 (FULL)", fix: "do not use this build")
    }

    /// The log is brought into the file every `logPages`; one that grows far beyond is held by a reader, or does not reach
    /// the database.
    static let largestLog: Int64 = 128 << 20

    private func log() -> Finding {
        if let overdue = logTruncator.overdue {
            return Finding(
                "write-ahead log", .warn,
                "a reader has kept what was erased in it for \(overdue.components.seconds) seconds",
                fix: "wait for a backup or a verification under way; it is emptied when that ends")
        }
        var status = stat()
        let size = stat(pool.path + "-wal", &status) == 0 ? Int64(status.st_size) : 0
        if size <= Self.largestLog { return Finding("write-ahead log", .ok, "less than \(Self.largestLog >> 20) MiB") }
        return Finding(
            "write-ahead log", .warn, "\(size >> 20) MiB",
            fix: "wait for a backup or a verification under way, then restart innkeeper: it empties the log")
    }

    /// How many records `doctor` looks at; `audit verify` looks at all.
    static let checkedRecords: Int64 = 10_000

    private func audit() async throws(StoreError) -> Finding {
        switch try await verifyNewestAudit(Self.checkedRecords) {
        case .intact(let records, _) where records <= Self.checkedRecords:
            return Finding("audit log", .ok, "\(records) records, the chain is intact")
        case .intact(let records, _), .truncated(let records), .forged(let records, _):
            return Finding(
                "audit log", .ok,
                "\(records) records, the chain of the newest \(Self.checkedRecords) is intact; all: innkeeper audit verify"
            )
        case .broken(let number), .rewritten(let number):
            return Finding(
                "audit log", .fail, "the chain is broken at record \(number)",
                fix: "somebody changed the database file; compare it with a backup")
        }
    }

    private func inbox() -> Finding {
        Finding(
            "inbox", .ok,
            "\(waitingEvents) events wait for delivery, \(kept.events - waitingEvents) are dead letters; "
                + "\(kept.bytes >> 20) MiB of bodies")
    }

    private func disk() -> Finding {
        space.look()
        guard space.isLow else { return Finding("free space", .ok, "more than store.minFreeBytes") }
        return Finding(
            "free space", .fail, "less than store.minFreeBytes: webhooks are refused, lifecycle calls are taken",
            fix: "free space on the store's file system")
    }

    private func sealedValues() async throws(StoreError) -> Finding {
        let damaged = try await read { db in try DamagedRows.count(db) }
        if damaged == 0 { return Finding("sealed values", .ok, "none is known not to open") }
        return Finding(
            "sealed values", .fail, "\(damaged) do not open",
            fix: "see which with: innkeeper keys verify; restore a backup")
    }

    private func rotation() async throws(StoreError) -> Finding {
        let (latest, moving) = try await read { [authority] db in
            (
                try RotationRows.latest(authority, db),
                try StorageKeyRows.all(authority, db).filter { $0.state == .retiring }
            )
        }
        if moving.isEmpty, latest?.finishedAt != nil || latest == nil {
            return Finding("rotation", .ok, "no change of storage keys is unfinished")
        }
        let left = moving.reduce(0) { $0 + $1.installations }
        return Finding(
            "rotation", .warn, "a change of storage keys is unfinished; \(left) installations are under an old one",
            fix: "innkeeper keys rotate")
    }
}

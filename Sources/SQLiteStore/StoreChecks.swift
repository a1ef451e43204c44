import GRDB
package import Installations

extension SQLiteStore {
    /// The store's side of `doctor`. Every check is bounded but `quick_check`, which reads the whole file.
    package func findings() async -> [Finding] {
        var findings = [Finding("sqlite", .ok, "\(summary): the WAL-reset bug cannot bite")]
        if !takesWrites {
            findings.append(
                Finding(
                    "writes", .fail, "stopped after an I/O error",
                    fix: "check the disk, then restart innkeeper: it opens the file afresh"))
        }
        do throws(StoreError) {
            findings.append(try await integrity())
            findings.append(try await durability())
            findings.append(try await audit())
            findings.append(inbox())
            findings.append(try await sealedValues())
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
        let synchronous = try await write { db in try Int.fetchOne(db, sql: "PRAGMA synchronous") ?? -1 }
        if synchronous == 2 { return Finding("durability", .ok, "synchronous=FULL, journal in WAL mode") }
        return Finding("durability", .fail, "synchronous=\(synchronous), not 2 (FULL)", fix: "do not use this build")
    }

    private func audit() async throws(StoreError) -> Finding {
        switch try await verifyAudit(against: nil) {
        case .intact(let records, _): return Finding("audit log", .ok, "\(records) records, the chain is intact")
        case .broken(let number), .truncated(let number), .rewritten(let number):
            return Finding(
                "audit log", .fail, "the chain is broken at record \(number)",
                fix: "somebody changed the database file; compare it with a backup")
        }
    }

    private func inbox() -> Finding {
        Finding("inbox", .ok, "\(waitingEvents) events wait for delivery")
    }

    private func sealedValues() async throws(StoreError) -> Finding {
        let damaged = try await read { db in try DamagedRows.count(db) }
        if damaged == 0 { return Finding("sealed values", .ok, "none is known not to open") }
        return Finding(
            "sealed values", .fail, "\(damaged) do not open",
            fix: "see which with: innkeeper keys verify; restore a backup")
    }
}

import GRDB
import Glibc
package import Installations

/// The checks of `doctor` that only the file and its connection can answer.
extension SQLiteStore {
    package var finding: Finding { Finding("sqlite", .ok, "\(summary): the WAL-reset bug cannot bite") }

    package func findings() async throws(StoreError) -> [Finding] {
        var findings: [Finding] = []
        if !lock.isInPlace {
            findings.append(
                Finding(
                    "lock", .fail, "innkeeper.lock is not the file that this process holds: a second one could start",
                    fix: "stop every innkeeper on this data directory, then start one"))
        }
        findings.append(try await integrity())
        findings.append(try await durability())
        findings.append(log())
        return findings
    }

    private func integrity() async throws(StoreError) -> Finding {
        let result = try await readRows { db in try String.fetchOne(db, sql: "PRAGMA quick_check(1)") ?? "no answer" }
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

    package func spaceFinding() -> Finding {
        space.look()
        guard space.isLow else { return Finding("free space", .ok, "more than store.minFreeBytes") }
        return Finding(
            "free space", .fail, "less than store.minFreeBytes: webhooks are refused, lifecycle calls are taken",
            fix: "free space on the store's file system")
    }
}

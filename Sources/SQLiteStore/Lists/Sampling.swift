import GRDB
import Glibc
package import Installations
import Sealing

extension SQLiteStore: SampledStore {
    package func sample() async throws(StoreError) -> StoreSample {
        var sample = try await read { [authority] db in
            var sample = StoreSample()
            sample.installations = try Self.countInstallations(db)
            sample.storageKeys = try StorageKeyRows.all(authority, db)
            sample.oldestWaiting = try Self.oldestWaiting(db)
            sample.deadEvents = try Int64.fetchOne(db, sql: "SELECT count(*) FROM event WHERE state = 'dead'") ?? 0
            sample.damagedValues = Int64(try DamagedRows.count(db))
            return sample
        }
        for (name, path) in [("database", pool.path), ("log", pool.path + "-wal")] {
            sample.bytes[name] = Self.size(path)
        }
        sample.freeBytes = space.free.map(Int64.init)
        return sample
    }

    /// Counted in the index on the status, never in the table.
    static func countInstallations(_ db: Database) throws -> [InstallationStatus: Int64] {
        let rows = try Row.fetchAll(db, sql: "SELECT status, count(*) FROM installation GROUP BY status")
        return Dictionary(
            rows.compactMap { row in InstallationStatus(rawValue: row[0]).map { ($0, row[1] as Int64) } },
            uniquingKeysWith: +)
    }

    private static func oldestWaiting(_ db: Database) throws -> Timestamp? {
        let row = try Row.fetchOne(
            db,
            sql: """
                SELECT id, received_at FROM event INDEXED BY event_waiting
                WHERE \(StreamRows.isWaiting) ORDER BY id LIMIT 1
                """)
        let steps = try ClockSteps(db)
        return row.map { steps.arrival($0.time("received_at"), of: EventID(number: $0["id"])) }
    }

    /// A file's size; 0 for one that is not there, as the log of a store nobody writes to.
    private static func size(_ path: String) -> Int64 {
        var status = stat()
        return stat(path, &status) == 0 ? Int64(status.st_size) : 0
    }
}

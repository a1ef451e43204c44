import GRDB
import Installations
import Sealing
import Store

extension SQLiteRows: KeyReads {
    func clock() throws -> ClockFacts { try ClockRows.facts(db) }
    func storageKeys(_ ids: [StorageKeyID]?) throws -> [StoredStorageKey] { try StorageKeyRows.keys(ids, db) }
    func primaryKey() throws -> PrimaryKey? { try StorageKeyRows.primaryIfAny(db) }
    func dependents(on id: StorageKeyID) throws -> Int64 { try StorageKeyRows.dependents(on: id, db) }
    func hidden(under id: StorageKeyID) throws -> Int64 { try StorageKeyRows.hidden(under: id, db) }
    func latestRotation() throws -> StoredRotation? { try RotationRows.latest(db) }
    func sessions(_ selection: SessionSelection) throws -> [StoredSession] {
        try SessionRows.sessions(selection, db)
    }
    func apiKeys(_ ids: [String]?) throws -> [StoredAPIKey] { try APIKeyRows.keys(ids, db) }
}

import GRDB
import Installations
import Sealing
import Store

/// Writes what was decided about a lifecycle call.
struct LifecycleWrites {
    private let at: Timestamp
    private let tools: StoreTools
    private let waitingIndex: WaitingIndex
    private let db: Database
    private let rows: InstallationRowWrites
    private let secrets: InstallationSecrets
    private var tail: AuditTail

    init(at: Timestamp, _ tools: StoreTools, _ waitingIndex: WaitingIndex, _ db: Database) throws {
        self.at = at
        self.tools = tools
        self.waitingIndex = waitingIndex
        self.db = db
        rows = InstallationRowWrites(db: db, at: at)
        secrets = InstallationSecrets(db: db)
        tail = try AuditRows.tail(db, tools.chain)
    }

    mutating func write(_ writes: [LifecycleWrite]) throws {
        for write in writes { try self.write(write) }
    }

    private mutating func write(_ write: LifecycleWrite) throws {
        switch write {
        case .row(let change, let standing, let entry):
            try self.write(
                change, of: standing, tools.authority.seal.prove(standing.claim, decidedBy: try append(entry)))
        case .record(let entry): try append(entry)
        case .touch(let number): try rows.touch(number)
        case .replaceKey(let number, let key): try rows.replaceKey(of: number, with: key)
        case .eraseSecrets(let number, let keepingSettings):
            try secrets.erase(number, keepingSettings: keepingSettings)
        case .putSecret(let number, let name, let sealed): try secrets.put(sealed, as: name, of: number)
        case .putWebhookTokens(let number, let tokens): try secrets.put(tokens, of: number)
        case .keepHandedOut(let number, let digests): try HandedOutRows(tools, db).insert(digests, of: number)
        case .append(let event):
            try EventAppending(waitingIndex, db).append(
                event.id, installation: event.installation, type: event.type, receivedAt: at, body: event.body)
        case .noteEnd(let number): try SettingsToErase.note(number, endedAt: at.milliseconds, db)
        }
    }

    private func write(_ change: RowChange, of standing: Standing, _ proof: AuthorityProof) throws {
        switch change {
        case .insert(let profile, let key): try rows.insert(standing, profile, proof, key: key)
        case .insertTombstone: try rows.insertTombstone(standing, proof)
        case .replaceTokens(let profile): try rows.replaceTokens(standing, profile, proof)
        case .setStatus: try rows.setStatus(standing, proof)
        case .end: try rows.end(standing, proof)
        }
    }

    @discardableResult
    private mutating func append(_ entry: AuditEntry) throws -> Int64 {
        let record = try tail.append(entry)
        try AuditRows.insert(record, db)
        return record.number
    }
}

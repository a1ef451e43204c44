/// A backup on its way to whoever asked for it. The next one can be made when nobody holds this one any more.
package final class OutgoingBackup: Sendable {
    /// By which its caller says that it is kept.
    package let id: String
    /// Its size.
    package var bytes: Int64 { draft.bytes }

    private let name: String
    private let draft: any BackupDraft
    private let actor: Actor
    private let audit: any AuditStore
    private let now: Now
    private let turn: BackupTurn
    private let place: BackupTurn.Place

    /// What is read and written at once: all that a sending takes of the memory, a few times.
    private static let piece = 128 << 10

    init(
        _ draft: any BackupDraft, as name: String, actor: Actor, audit: any AuditStore, now: @escaping Now,
        _ turn: BackupTurn, _ place: BackupTurn.Place
    ) {
        id = (0..<2).map { _ in String(UInt64.random(in: .min ... .max), radix: 16) }.joined()
        self.draft = draft
        self.name = name
        self.actor = actor
        self.audit = audit
        self.now = now
        self.turn = turn
        self.place = place
    }

    /// Sends all of it by `write`, which returns when the caller may have more.
    ///
    /// The audit log tells of it before the last bytes leave: those are its seal, without which the others open nowhere.
    package func send(_ write: ([UInt8]) async throws -> Void) async throws {
        var sent: Int64 = 0
        do {
            while sent < bytes {
                let piece = try await draft.read(Self.piece, from: sent)
                if sent + Int64(piece.count) == bytes {
                    await noteSent()
                    // Who has the last bytes may ask for the next backup at once.
                    place.release()
                }
                try await write(piece)
                sent += Int64(piece.count)
            }
        } catch {
            place.release()
            _ = turn.removeSent(id)
            _ = await note("refused: ended after \(sent) of \(bytes) bytes", "")
            throw error
        }
    }

    /// A store that takes no writes keeps no backup from being made: then above all somebody needs one.
    private func noteSent() async {
        let manifest = draft.manifest
        let problem = await note("sent", "\(bytes) bytes, head \(manifest.auditNumber)")
        let backup = Backup(madeAt: manifest.madeAt, path: name, bytes: bytes, keys: manifest.keys)
        turn.note(BackupTurn.Sent(id: id, backup: backup, manifest: manifest, problem: problem))
    }

    private func note(_ outcome: String, _ detail: String) async -> StoreError? {
        do throws(StoreError) {
            try await audit.append(
                AuditEntry(
                    at: now(), actor: actor.text, action: AuditAction.backUp.rawValue, subject: name, outcome: outcome,
                    detail: detail))
            return nil
        } catch {
            return error
        }
    }
}

import OperatorAPI
import SQLiteStore
import Store

/// Taking a backup from whoever has the store, and writing it.
struct BackupReceiving: Sendable {
    let target: any BackupTarget

    /// Writes a backup to the target. It is kept there only when all of it came and its seal says so; then it goes on record.
    func run(_ client: OperatorClient) async throws -> BackupJSON {
        let (target, arriving) = (target, ArrivingBackup())
        let id: String
        do {
            id = try await client.receiveBackup(BackupRequestJSON(name: target.name)) { piece in
                arriving.append(piece)
                let bytes = Array(piece)
                try await OwnThread.run { isCancelled in try target.write(bytes, isCancelled) }
            }
        } catch is OperatorClient.ConnectionLost {
            throw CommandError(
                .unavailable, "the connection ended before all of the backup had come, and nothing is kept",
                hint: "see why in the server's log and with: innkeeper audit list")
        }
        guard arriving.isWhole() else {
            throw CommandError(
                .failure, "what came is no whole backup, and nothing is kept",
                hint: "see what is wrong with: innkeeper doctor")
        }
        try await OwnThread.run { _ in try target.keep() }
        do {
            return try await client.post(OperatorPath("backup", id, "keep"), as: BackupJSON.self)
        } catch is OperatorClient.ConnectionLost {
            throw CommandError(
                .unavailable, "the backup is whole and usable, but the server went away before it was recorded",
                hint: "doctor and keys destroy may not know of it")
        }
    }
}

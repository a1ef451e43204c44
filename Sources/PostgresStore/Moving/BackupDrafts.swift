package import Installations
import Store

extension PostgresStore {
    /// The rows of one snapshot, over a connection of its own, while reading and writing go on.
    package func draftBackup(
        with files: [BackupFile], program: String, at: Timestamp
    ) async throws(BackupError) -> any BackupDraft {
        guard let drafting else {
            throw .draft(path: "the database", problem: "this program has no place for a draft of it")
        }
        do {
            return try await OwnThread.run { [address, tools] isCancelled in
                let session = try MoveSession(address)
                _ = try session.rows(Query("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"))
                return try drafting.draft(
                    of: session, sealedBy: tools.keys, with: files, program: program, at: at, isCancelled: isCancelled)
            }
        } catch let error as BackupError {
            throw error
        } catch let error as PostgresOpenError where error.isUnavailable {
            throw .noPlace(path: "the copy", .unreachable)
        } catch let error as PostgresOpenError {
            throw .draft(path: "the copy", problem: "\(error)")
        } catch {
            throw .draft(path: "the copy", problem: "failed (\(type(of: error)))")
        }
    }
}

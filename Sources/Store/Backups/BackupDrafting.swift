package import Installations

/// Makes backups of a store whose engine has no file to copy, out of its rows: in the one form there is, so that every backup can be
/// restored into any store.
package protocol BackupDrafting: Sendable {
    /// Makes a draft of rows that do not change meanwhile, on the thread that calls.
    ///
    /// - Parameters:
    ///   - keys: The deployment's, one of which seals the backup.
    ///   - isCancelled: Whether nobody waits for it any more.
    func draft(
        of source: any MoveSource, sealedBy keys: DeploymentKeys, with files: [BackupFile], program: String,
        at: Timestamp, isCancelled: () -> Bool
    ) throws(BackupError) -> any BackupDraft
}

package import Sealing

/// Why a backup is not restored. Nothing was put in place.
package enum BackupOpenError: Error, CustomStringConvertible {
    /// It cannot be read, or its copy not written.
    case file(String, problem: String)
    /// It is no backup of ours.
    case notABackup(file: String)
    /// A later program made it.
    case tooNew(file: String, what: String)
    /// Its bytes or rows are not what was written.
    case damaged(file: String, what: String)
    /// Its bytes were changed by somebody without the deployment's key.
    case forged(file: String)
    /// Nobody can tell whether it was changed without this key's file.
    case missingKey(file: String, StorageKeyID)
    /// The key's file does not open its seal.
    case wrongKey(file: String, StorageKeyID)

    package var description: String {
        switch self {
        case .file(let path, let problem): return "\(path): \(problem)"
        case .notABackup(let file): return "\(file): no backup made by innkeeper backup, or cut short"
        case .tooNew(let file, let what):
            return "\(file): made by a newer innkeeper (\(what)); restore it with that one"
        case .damaged(let file, let what): return "\(file): damaged (\(what)); use another backup"
        case .missingKey(let file, let id):
            return "\(file): nobody can tell whether it was changed without storage key \(id); put \(id).key "
                + "into keys.dir"
        case .wrongKey(let file, let id):
            return "\(file): its seal does not open with \(id).key: put the right key file there, or use another backup"
        case .forged(let file): return "\(file): changed after it was made (its seal does not fit); use another backup"
        }
    }
}

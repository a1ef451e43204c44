package import Sealing

/// Why the embedded store cannot be opened. Each says what, where and how to mend it.
package enum StoreOpenError: Error, CustomStringConvertible {
    /// There is no store file.
    case missing(file: String)
    /// Another process has it open.
    case lockedByAnother(processID: Int32?)
    /// The file does not open as a database of ours.
    case cannotOpen(file: String, code: String)
    /// Steps of the schema ran on it that this program does not know.
    case newer(file: String)
    /// The store needs a storage key whose file is not there.
    case missingKeyFile(StorageKeyID)
    /// A key file holds another key than the one the store was made with.
    case wrongKeyFile(StorageKeyID)
    /// `synchronous` could not be set to FULL; INSTALLED comes once, so nothing less will do.
    case notDurable(synchronous: Int)

    package var description: String {
        switch self {
        case .missing(let file):
            return "there is no store at \(file); make one with: innkeeper init"
        case .lockedByAnother(let processID):
            let holder = processID.map { " (process \($0))" } ?? ""
            return "another innkeeper has the store open\(holder); use it, or stop it first"
        case .cannotOpen(let file, let code):
            return "\(file) cannot be opened (\(code)); check its owner and mode, or restore a backup"
        case .newer(let file):
            return "\(file) was written by a newer innkeeper; run that one, or restore a backup made before it"
        case .missingKeyFile(let id):
            return "the store needs storage key \(id), but \(id).key is not in keys.dir; put it back"
        case .wrongKeyFile(let id):
            return "\(id).key is not the key this store was made with; put the right file back"
        case .notDurable(let synchronous):
            return "SQLite runs with synchronous=\(synchronous), not 2 (FULL); this build must not be used"
        }
    }

    /// Whether waiting may help.
    package var isConflict: Bool {
        if case .lockedByAnother = self { return true }
        return false
    }
}

import GRDB
package import Installations

/// Why the embedded store cannot be opened. Each says what, where and how to mend it.
package enum StoreOpenError: Error, CustomStringConvertible {
    /// The deployment is there, its database is not. Nothing was opened, made or deleted.
    case lost(file: String, DatabaseLoss)
    /// Another process has it open.
    case lockedByAnother(processID: Int32?)
    /// The file does not open, for a reason that has a remedy of its own.
    case cannotOpen(file: String, StoreCondition, code: String)
    /// Steps of the schema ran on it that this program does not know.
    case newer(file: String)
    /// It declares tables, indexes or triggers that are not this program's, or lacks some.
    case foreignSchema(file: String)
    /// `synchronous` could not be set to FULL; INSTALLED comes once, so nothing less will do.
    case notDurable(synchronous: Int)

    package var description: String {
        switch self {
        case .lost(let file, let loss):
            return "\(file) \(loss.rawValue), and nothing was touched: put it back, with its -wal if there is one; or "
                + "move the data directory away and restore a backup; innkeeper init makes a new deployment elsewhere"
        case .lockedByAnother(let processID):
            let holder = processID.map { " (process \($0))" } ?? ""
            return "another innkeeper has the store open\(holder); use it, or stop it first"
        case .cannotOpen(let file, let condition, let code):
            return "\(file) cannot be opened: \(condition.problem) (\(code)); \(condition.remedy)"
        case .newer(let file):
            return "\(file) was written by a newer innkeeper; run that one, or restore a backup made before it"
        case .foreignSchema(let file):
            return
                "\(file) declares tables, indexes or triggers that are not an innkeeper's, or lacks some, and is not used: "
                + "restore a backup, or see what somebody changed (sqlite3 -readonly FILE .schema) and undo it"
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

/// What became of a database.
package enum DatabaseLoss: String, CaseIterable, Sendable {
    /// Nothing is at its path.
    case missing = "is not there"
    /// A file without a byte.
    case empty = "is empty"
    /// A directory, a pipe, a device.
    case notAFile = "is not a regular file"
    /// Not SQLite's, or without our tables.
    case foreign = "is not the store of an innkeeper"
}

extension StoreOpenError {
    /// What an error of the database means to whoever opens it.
    init(_ error: DatabaseError, file: String) {
        self = .cannotOpen(file: file, StoreCondition(error, at: file), code: error.code)
    }

    /// What an error of the system means to whoever opens it.
    init(systemError: Int32, file: String) {
        let condition = StoreCondition(systemError: systemError) ?? .broken
        self = .cannotOpen(file: file, condition, code: "errno \(systemError)")
    }
}

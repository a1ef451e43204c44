import Glibc

/// Why a store takes no writes. A closed list: each has a word for probes, and words and a remedy of its own for people.
package enum StoreCondition: String, CaseIterable, Hashable, Sendable {
    /// No room is left on the disk, or in this user's share of it.
    case full
    /// The file, its directory or its file system does not let this user write.
    case readOnly = "read-only"
    /// Another program holds a lock on the database.
    case locked
    /// The process can open no more files.
    case descriptors
    /// The disk or the database failed. After a failed fsync only a restart tells what is there.
    case broken
    /// What lies at the database's path is not what was opened.
    case gone
    /// The database server does not answer.
    case unreachable
    /// Not serving yet.
    case starting
    /// Serving no longer.
    case stopping
    /// More writes wait than are taken.
    case busy
    /// One write was refused for a reason of its own; others may succeed.
    case failed

    /// The one word of `/readyz` (contract.md section 3), which has none for everything.
    package var word: String {
        switch self {
        case .descriptors, .failed: Self.broken.rawValue
        case .busy: Self.locked.rawValue
        case .unreachable: Self.gone.rawValue
        default: rawValue
        }
    }

    /// Whether the storage itself is the matter, so that other writes would meet the same.
    package var isOfStorage: Bool {
        switch self {
        case .full, .readOnly, .locked, .descriptors, .broken, .gone, .unreachable: true
        case .starting, .stopping, .busy, .failed: false
        }
    }

    /// What one of the system's error numbers means; nil when it may mean much.
    package init?(systemError: Int32) {
        switch systemError {
        case ENOSPC, EDQUOT: self = .full
        case EROFS, EACCES, EPERM: self = .readOnly
        case EMFILE, ENFILE: self = .descriptors
        default: return nil
        }
    }

    /// What is wrong.
    package var problem: String {
        switch self {
        case .full: "the disk is full"
        case .readOnly: "the store cannot be written: its file system is read-only, or owner or mode forbid it"
        case .locked: "another program holds a lock on the database"
        case .descriptors: "the process is out of file descriptors"
        case .broken: "the disk or the database failed"
        case .gone: "the database is not the file that was opened any more: it was moved, deleted or replaced"
        case .unreachable: "the database server does not answer"
        case .starting: "the server is starting"
        case .stopping: "the server is stopping"
        case .busy: "too many writes wait"
        case .failed: "the database refused the write"
        }
    }

    /// What to do about it.
    package var remedy: String {
        switch self {
        case .full: "make room where the data directory lies, and writing goes on by itself"
        case .readOnly: "mount it writable, or mend owner and mode of the data directory and the files in it"
        case .locked: "end the program that has innkeeper.sqlite open, and writing goes on by itself"
        case .descriptors: "raise the limit (ulimit -n, LimitNOFILE= of the service), then restart innkeeper"
        case .broken: "check the disk, then restart innkeeper, which opens the file afresh, or restore a backup"
        case .gone: "put innkeeper.sqlite and its -wal back as they were, then restart innkeeper; or restore a backup"
        case .unreachable: "see that it runs and can be reached; writing goes on by itself"
        case .starting, .busy: "try again in a moment"
        case .stopping: "try again when it runs again"
        case .failed: "see what is wrong with: innkeeper doctor"
        }
    }
}

import Glibc
import Synchronization

/// The files that are open, told from whatever lies at their paths by now.
///
/// SQLite writes to what it opened. When somebody moves, deletes or replaces that file, or the log beside it, commits go
/// on to succeed into something that no later start will find.
final class OpenFiles: Sendable {
    private let database: Place
    /// Pages are reused and never given back: whoever makes the file shorter takes away what was acknowledged.
    private let length: Atomic<Int>
    private let log: Place

    /// A path and what lay there.
    private struct Place: Sendable {
        let path: String
        let identity: FileIdentity

        init?(_ path: String) {
            guard let identity = FileIdentity(of: path) else { return nil }
            self.path = path
            self.identity = identity
        }

        var isSame: Bool { FileIdentity(of: path) == identity }
    }

    /// The database at `path` and its log. Taken while SQLite has both open, so that neither number can be given to
    /// another file as long as it has.
    ///
    /// - Returns: Nil when one is not there.
    init?(path: String) {
        // SQLite puts the log beside the file itself, wherever a link to it lies.
        guard let resolved = realpath(path, nil) else { return nil }
        defer { free(resolved) }
        guard let database = Place(path), let found = FileIdentity(of: path),
            let log = Place(String(cString: resolved) + "-wal")
        else { return nil }
        self.database = database
        self.log = log
        length = Atomic(found.length)
    }

    /// Whether the database is still what its path leads to, and no shorter: one call of the system's.
    var isDatabaseInPlace: Bool {
        // Asked for before the look: the file may grow at any moment, and another thread may have seen more of it by then.
        let known = length.load(ordering: .acquiring)
        guard let found = FileIdentity(of: database.path), found == database.identity, found.length >= known else {
            return false
        }
        length.max(found.length, ordering: .acquiringAndReleasing)
        return true
    }

    /// Whether both are: two calls.
    var areInPlace: Bool { isDatabaseInPlace && log.isSame }
}

/// What tells one file from another, whatever it is called. Links are followed.
struct FileIdentity: Equatable, Sendable {
    private let device: dev_t
    private let number: ino_t
    /// Bytes; no part of what it is.
    let length: Int

    /// Of the file that a path leads to; nil when it leads nowhere.
    init?(of path: String) {
        var status = stat()
        guard stat(path, &status) == 0 else { return nil }
        device = status.st_dev
        number = status.st_ino
        length = Int(status.st_size)
    }

    static func == (one: FileIdentity, other: FileIdentity) -> Bool {
        one.device == other.device && one.number == other.number
    }
}

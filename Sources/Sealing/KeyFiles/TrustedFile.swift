import Glibc

/// Files that decide whom this process believes and what it does, though they hold no secret: the configuration, the
/// manifests, the platform's keys, the database. Whoever can write one needs no key: so they may be readable to others, and
/// changed by nobody but this user and root.
package enum TrustedFile {
    /// Refuses a file or directory that others can change. One that is not there is for its reader to miss.
    package static func check(_ path: String) throws(KeyFileError) {
        var status = stat()
        guard unsafe stat(path, &status) == 0 else {
            if errno == ENOENT || errno == ENOTDIR { return }
            throw .system(operation: "stat", path: path, errno: errno)
        }
        try check(status, path)
    }

    /// As above, on the open file: between a check of the path and the opening it could be exchanged.
    package static func check(descriptor: Int32, path: String) throws(KeyFileError) {
        var status = stat()
        guard unsafe fstat(descriptor, &status) == 0 else {
            throw .system(operation: "fstat", path: path, errno: errno)
        }
        try check(status, path)
    }

    private static func check(_ status: stat, _ path: String) throws(KeyFileError) {
        guard status.isOwnedByUs else { throw .fileOwner(path: path, owner: status.st_uid) }
        guard status.st_mode & 0o022 == 0 else { throw .changeable(path: path, mode: status.st_mode & 0o7777) }
    }
}

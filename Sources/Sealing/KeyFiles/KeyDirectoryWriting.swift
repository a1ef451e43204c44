import Glibc

extension KeyDirectory {
    /// Writes a new key file. When it returns, the file is whole and would survive a power cut.
    ///
    /// Never overwrites: a key file that is replaced is data that is lost. The key is written and synchronised under a
    /// hidden name, then linked to its own. `link` fails when the name exists, where `rename` would replace it, and it
    /// needs no support beyond POSIX from the file system. A crash leaves no file with the key's name or a whole one;
    /// the hidden name may stay behind, is never read, and goes with `remove`.
    package func create(_ key: StorageKey) throws(KeyFileError) {
        let directory = try open()
        let name = Self.fileName(key.id)
        let hidden = Self.hiddenName(key.id)
        // O_EXCL: of two writers one fails here, and a planted link does not redirect the key. O_NOFOLLOW says the latter
        // again, should O_EXCL ever go.
        let flags = O_CREAT | O_EXCL | O_WRONLY | O_NOFOLLOW | O_CLOEXEC
        let number = unsafe openat(directory.number, hidden, flags, 0o600)
        if number < 0, errno == EEXIST { throw .alreadyExists(path: path(of: hidden)) }
        let file = try Descriptor(number, operation: "create", path: path(of: hidden))

        let outcome = Result { () throws(KeyFileError) in
            try fill(file, with: key)
            if unsafe linkat(directory.number, hidden, directory.number, name, 0) != 0 {
                if errno == EEXIST { throw .alreadyExists(path: path(of: name)) }
                throw .system(operation: "link", path: path(of: name), errno: errno)
            }
        }
        // Success or not, the hidden name goes: it is this call's own, and it holds the key.
        let unlinked = unsafe unlinkat(directory.number, hidden, 0)
        let unlinkErrno = errno
        try outcome.get()
        guard unlinked == 0 else {
            throw .system(operation: "unlink", path: path(of: hidden), errno: unlinkErrno)
        }
        try directory.synchronize()
    }

    /// Deletes a key file, durably. Throws `.missing` when there is none, `.linked` when the key itself lies elsewhere.
    ///
    /// It does not overwrite the content first. Copy-on-write file systems and flash translation write elsewhere, so
    /// that would be theatre; whoever needs more encrypts the disk or destroys it.
    package func remove(_ id: StorageKeyID) throws(KeyFileError) {
        let directory = try open()
        guard !isLink(Self.fileName(id), in: directory) else { throw .linked(path: path(of: Self.fileName(id))) }
        // A crash in `create` may have left a second name for the same content.
        let hidden = Self.hiddenName(id)
        if unsafe unlinkat(directory.number, hidden, 0) != 0, errno != ENOENT {
            throw .system(operation: "unlink", path: path(of: hidden), errno: errno)
        }
        let name = Self.fileName(id)
        if unsafe unlinkat(directory.number, name, 0) != 0 {
            if errno == ENOENT { throw .missing(path: path(of: name)) }
            throw .system(operation: "unlink", path: path(of: name), errno: errno)
        }
        try directory.synchronize()
    }

    /// The name a key is written under before it gets its own. Reading skips names that begin with a dot.
    static func hiddenName(_ id: StorageKeyID) -> String { ".\(id).key.new" }

    private func fill(_ file: borrowing Descriptor, with key: StorageKey) throws(KeyFileError) {
        // The mode at creation passes through the umask, which may have taken the owner's own bits.
        guard fchmod(file.number, 0o600) == 0 else {
            throw .system(operation: "chmod", path: file.path, errno: errno)
        }
        try unsafe KeyFile.encode(key).expose("writing the key file") { text throws(KeyFileError) in
            try unsafe file.write(text)
        }
        try file.synchronize()
    }
}

import Glibc

/// The directory of storage key files, `<key id>.key`, mode 0600 in a directory of mode 0700.
///
/// Every call opens the directory afresh and checks it. A file is checked after it was opened, on the open file, so
/// that nothing can be exchanged between check and use. Names that do not end in `.key` or begin with a dot are not
/// looked at. All calls block on the file system.
package struct KeyDirectory: Sendable {
    /// Where it is. May itself be a symbolic link; what it leads to is what is checked.
    package let path: String

    /// Names a directory; touches nothing.
    package init(path: String) {
        // "keys/" and "keys" are one directory and give the same error texts.
        let trimmed = path.dropLast(path.reversed().prefix { $0 == "/" }.count)
        self.path = trimmed.isEmpty ? path : String(trimmed)
    }

    /// Makes the directory with mode 0700 when there is none, durably; then checks it as every other call does.
    package func ensureDirectory() throws(KeyFileError) {
        if unsafe mkdir(path, 0o700) == 0 {
            // The entry in the parent must be durable as well, or a power cut takes the keys with it.
            let end = path.lastIndex(of: "/")
            let parent = end.map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? "."
            let flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC
            try Descriptor(unsafe Glibc.open(parent, flags), operation: "open", path: parent).synchronize()
        } else if errno != EEXIST {
            throw .system(operation: "mkdir", path: path, errno: errno)
        }
        _ = try open()
    }

    /// The ids of all key files, in the order of their text. Reads names only.
    package func ids() throws(KeyFileError) -> [StorageKeyID] {
        let directory = try open()
        var ids: [StorageKeyID] = []
        for name in try names(in: directory) where name.hasSuffix(".key") && !name.hasPrefix(".") {
            guard let id = StorageKeyID(name.dropLast(4)) else { throw .badName(path: "\(path)/\(name)") }
            ids.append(id)
        }
        return ids.sorted { $0.description < $1.description }
    }

    /// Reads one key. Throws `.missing` when it has no file.
    package func load(_ id: StorageKeyID) throws(KeyFileError) -> StorageKey {
        try load(id, in: open())
    }

    /// Reads all keys. One bad file is an error for all: a key that is left out would turn up later as rows that
    /// cannot be opened.
    package func loadAll() throws(KeyFileError) -> [StorageKey] {
        let ids = try ids()
        let directory = try open()
        return try ids.map { id throws(KeyFileError) in try load(id, in: directory) }
    }
}

extension KeyDirectory {
    /// The path of a key's file, for messages.
    func path(of name: String) -> String { "\(path)/\(name)" }

    /// The name of a key's file.
    static func fileName(_ id: StorageKeyID) -> String { "\(id).key" }

    /// Opens the directory and refuses it when others could read or exchange keys.
    func open() throws(KeyFileError) -> Descriptor {
        let number = unsafe Glibc.open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        if number < 0, errno == ENOENT { throw .directoryMissing(path: path) }
        if number < 0, errno == ENOTDIR { throw .notADirectory(path: path) }
        let directory = try Descriptor(number, operation: "open", path: path)
        let status = try directory.status()
        guard status.isOwnedByUs else { throw .directoryOwner(path: path, owner: status.st_uid) }
        guard !status.isOpenToOthers else { throw .directoryMode(path: path, mode: status.st_mode & 0o7777) }
        return directory
    }

    private func load(_ id: StorageKeyID, in directory: borrowing Descriptor) throws(KeyFileError) -> StorageKey {
        let name = Self.fileName(id)
        let path = path(of: name)
        // A link, as mounted secrets are, is judged by what it leads to. O_NONBLOCK: opening a pipe would otherwise wait for
        // a writer for ever.
        let number = unsafe openat(directory.number, name, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)
        if number < 0, errno == ENOENT {
            throw isLink(name, in: directory) ? .brokenLink(path: path) : .missing(path: path)
        }
        if number < 0, errno == ELOOP || errno == ENXIO { throw .notARegularFile(path: path) }
        let file = try Descriptor(number, operation: "open", path: path)
        let status = try file.status()
        guard status.isType(S_IFREG) else { throw .notARegularFile(path: path) }
        guard status.isOwnedByUs else { throw .fileOwner(path: path, owner: status.st_uid) }
        guard !status.isOpenToOthers else { throw .fileMode(path: path, mode: status.st_mode & 0o7777) }

        let key = try unsafe withZeroedTemporary(byteCount: KeyFile.maxSize) { buffer throws(KeyFileError) in
            let count = try unsafe file.read(into: buffer)
            do throws(KeyFileProblem) {
                return try unsafe KeyFile.decode(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
            } catch {
                throw KeyFileError.notAKey(path: path, error)
            }
        }
        // A file that was renamed or copied over another would otherwise stand in for the wrong key.
        guard key.id == id else { throw .nameMismatch(path: path, id: key.id) }
        return key
    }

    /// Whether a name is a symbolic link.
    func isLink(_ name: String, in directory: borrowing Descriptor) -> Bool {
        var status = stat()
        return unsafe fstatat(directory.number, name, &status, AT_SYMLINK_NOFOLLOW) == 0 && status.isType(S_IFLNK)
    }

    /// All names in the directory.
    private func names(in directory: borrowing Descriptor) throws(KeyFileError) -> [String] {
        // fdopendir takes its descriptor over, so it gets one of its own.
        let number = unsafe openat(directory.number, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard number >= 0, let stream = unsafe fdopendir(number) else {
            throw .system(operation: "open", path: path, errno: errno)
        }
        defer { unsafe closedir(stream) }
        var names: [String] = []
        while true {
            errno = 0
            guard let entry = unsafe readdir(stream) else { break }
            let name = unsafe withUnsafeBytes(of: &entry.pointee.d_name) { name in
                unsafe String(decoding: name.prefix { $0 != 0 }, as: UTF8.self)
            }
            names.append(name)
        }
        guard errno == 0 else { throw .system(operation: "readdir", path: path, errno: errno) }
        return names
    }
}

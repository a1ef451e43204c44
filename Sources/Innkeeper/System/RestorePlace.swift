import FoundationEssentials
import Glibc

/// Where a restored deployment goes: a path that is free, or a directory with nothing but the key files in it, which an
/// operator put there first.
struct RestorePlace {
    /// Where the deployment is built.
    let draft: String
    private let directory: DataDirectory
    private let hasKeys: Bool

    /// Looks at the place; anything but an empty one is left as it is.
    init(_ directory: DataDirectory) throws(StartupError) {
        self.directory = directory
        draft = "\(directory.path).new-\(getpid())"
        do {
            let entries = try FileManager.default.contentsOfDirectory(atPath: directory.path)
            guard entries.isEmpty || entries == ["keys"] else { throw StartupError.exists(directory.path) }
            hasKeys = !entries.isEmpty
        } catch {
            // Only what is not there at all is free; a file, or a directory that is not ours to read, is taken.
            guard access(directory.path, F_OK) != 0, errno == ENOENT else { throw .exists(directory.path) }
            hasKeys = false
        }
    }

    /// Moves the draft to its place. Keys that wait there move into the draft first: a crash between the two steps leaves
    /// all of it, keys included, under the draft's name.
    func occupy() throws(StartupError) {
        let moved = DataDirectory(path: draft).keysDirectory
        if hasKeys {
            guard rename(directory.keysDirectory, moved) == 0 else {
                throw .file(directory.keysDirectory, problem: "cannot be moved (\(SystemError.text(errno)))")
            }
        } else {
            try Files.createDirectory(moved)
        }
        guard rename(draft, directory.path) == 0 else {
            let problem = "cannot be put in place (\(SystemError.text(errno)))"
            if hasKeys { rename(moved, directory.keysDirectory) }
            throw .file(directory.path, problem: problem)
        }
        try Files.sync(directory: Paths.parent(of: directory.path))
    }

    /// Removes the draft after a failure.
    func discard() throws(StartupError) {
        guard FileManager.default.fileExists(atPath: draft) else { return }
        do {
            try FileManager.default.removeItem(atPath: draft)
        } catch {
            throw .file(draft, problem: "is left over from a failed restore; remove it")
        }
    }
}

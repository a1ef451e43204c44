import FoundationEssentials
import Glibc

/// The files of one deployment (contract.md section 1).
struct DataDirectory: Sendable {
    /// The directory itself.
    let path: String

    /// What a command uses when nothing else is said.
    static let defaultPath = "./innkeeper-data"

    var configurationFile: String { path + "/innkeeper.json" }
    var databaseFile: String { path + "/innkeeper.sqlite" }
    var keysDirectory: String { path + "/keys" }
    var addonsDirectory: String { path + "/addons" }
    /// A backup that waits to be checked, see `PendingRestore`.
    var pendingRestoreFile: String { path + "/innkeeper.restore" }
    var lockFile: String { path + "/innkeeper.lock" }
    var socketFile: String { path + "/innkeeper.sock" }

    /// Whether the directory is there.
    var exists: Bool {
        var isDirectory = false
        return FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory) && isDirectory
    }

    /// A name for `socketFile` that fits a socket address, which holds 107 bytes. A longer path goes through a descriptor
    /// of the directory, which stays open as long as the process.
    func socketAddress() -> String {
        guard socketFile.utf8.count > 100 else { return socketFile }
        let descriptor = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        return descriptor < 0 ? socketFile : "/proc/self/fd/\(descriptor)/innkeeper.sock"
    }
}

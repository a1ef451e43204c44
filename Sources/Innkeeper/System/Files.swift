import FoundationEssentials
import Glibc
import Sealing

/// Reading and writing the few small files of a deployment.
enum Files {
    /// No configuration, manifest or key file is larger.
    static let limit = 4 << 20

    /// The bytes of a file; of one that is trusted only when nobody else can change it.
    static func read(_ path: String, isTrusted: Bool = false) throws(StartupError) -> [UInt8] {
        // O_NONBLOCK: opening a pipe would otherwise wait for a writer for ever.
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)
        guard descriptor >= 0 else { throw .file(path, problem: "cannot be read (\(reason()))") }
        defer { close(descriptor) }
        if isTrusted {
            do throws(KeyFileError) {
                try TrustedFile.check(descriptor: descriptor, path: path)
            } catch {
                throw .keyFile(error)
            }
        }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 64 << 10)
        while true {
            let count = Glibc.read(descriptor, &chunk, chunk.count)
            guard count >= 0 else { throw .file(path, problem: "cannot be read (\(reason()))") }
            if count == 0 { return bytes }
            bytes += chunk[..<count]
            guard bytes.count <= limit else { throw .file(path, problem: "is larger than \(limit) bytes") }
        }
    }

    /// Whether one of these is there.
    static func exist(_ paths: [String]) -> Bool {
        paths.contains { access($0, F_OK) == 0 }
    }

    /// The names in a directory, sorted.
    static func list(_ directory: String) throws(StartupError) -> [String] {
        do {
            return try FileManager.default.contentsOfDirectory(atPath: directory).sorted()
        } catch {
            throw .file(directory, problem: "cannot be read; check that it exists and that this user may read it")
        }
    }

    /// Writes a new file and waits until it is on the disk. Never overwrites.
    static func create(_ path: String, _ bytes: [UInt8], mode: mode_t = 0o600) throws(StartupError) {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode)
        guard descriptor >= 0 else { throw .file(path, problem: "cannot be created (\(reason()))") }
        defer { close(descriptor) }
        var written = 0
        while written < bytes.count {
            let count = bytes[written...].withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
            guard count > 0 else { throw .file(path, problem: "cannot be written (\(reason()))") }
            written += count
        }
        guard fsync(descriptor) == 0 else { throw .file(path, problem: "cannot be synced (\(reason()))") }
    }

    /// As `create`, with the file whole as soon as it has its name: after a crash there is all of it or nothing. One that
    /// is there stays as it is.
    static func createWhole(_ path: String, _ bytes: [UInt8]) throws(StartupError) {
        guard access(path, F_OK) != 0 else { return }
        let draft = path + ".partial"
        unlink(draft)
        try create(draft, bytes)
        guard rename(draft, path) == 0 else { throw .file(path, problem: "cannot be named (\(reason()))") }
    }

    /// Makes a directory only this user may enter.
    static func createDirectory(_ path: String) throws(StartupError) {
        guard mkdir(path, 0o700) == 0 else { throw .file(path, problem: "cannot be created (\(reason()))") }
    }

    /// Waits until a directory's entries are on the disk.
    static func sync(directory path: String) throws(StartupError) {
        let descriptor = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw .file(path, problem: "cannot be opened (\(reason()))") }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw .file(path, problem: "cannot be synced (\(reason()))") }
    }

    private static func reason() -> String {
        String(cString: strerror(errno))
    }
}

import FoundationEssentials
import Glibc

/// Where the command writes a backup. Everything that can be known to be wrong with it is found before anything is asked for.
protocol BackupTarget: Sendable {
    /// What the record calls it.
    var name: String { get }

    /// Writes the next bytes; waits for whoever takes them, as long as `isCancelled` does not say that nobody wants it.
    func write(_ bytes: [UInt8], _ isCancelled: () -> Bool) throws

    /// All of it was written, and is a backup: makes it stay.
    func keep() throws

    /// Leaves nothing behind, unless it is kept.
    func discard()
}

/// A new file, which has its name when it is whole and on the disk.
struct BackupTargetFile: BackupTarget {
    let name: String
    private let draft: String
    private let directory: String
    private let descriptor: Int32

    /// Makes a hidden, empty file beside an absolute path at which there is nothing.
    init(_ path: String) throws(CommandError) {
        name = path
        directory = Paths.parent(of: path)
        let last = path[path.index(after: path.lastIndex(of: "/") ?? path.startIndex)...]
        draft = "\(directory)/.\(last.prefix(50)).partial-\(String(UInt64.random(in: .min ... .max), radix: 16))"
        var status = stat()
        guard lstat(path, &status) != 0 else { throw Self.exists(path) }
        // O_EXCL: a link that somebody planted does not redirect the backup.
        descriptor = open(draft, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw failure("cannot be created") }
    }

    func write(_ bytes: [UInt8], _ isCancelled: () -> Bool) throws {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw failure("cannot be written") }
            rest = rest.dropFirst(count)
        }
    }

    /// `link` fails when the name exists, where `rename` would replace a file.
    func keep() throws {
        guard fsync(descriptor) == 0 else { throw failure("cannot be synced") }
        guard link(draft, name) == 0 else {
            if errno == EEXIST { throw Self.exists(name) }
            if errno == EPERM || errno == EOPNOTSUPP {
                throw CommandError(
                    .failure, "\(name): the file system there has no hard links",
                    hint: "write it elsewhere and copy it, or write to standard output: innkeeper backup - > FILE")
            }
            throw failure("cannot be named")
        }
        unlink(draft)
        try Files.sync(directory: directory)
    }

    func discard() {
        unlink(draft)
        close(descriptor)
    }

    private static func exists(_ path: String) -> CommandError {
        CommandError(.conflict, "\(path) exists already and is left as it is", hint: "name another file")
    }

    private func failure(_ what: String) -> CommandError {
        CommandError(.failure, "\(name): \(what) (\(SystemError.text(errno)))")
    }
}

/// Standard output, when that is no terminal.
struct BackupTargetOutput: BackupTarget {
    let name = "-"
    private let descriptor: Int32
    private let patience: Duration
    /// What a pipe takes without waiting when it takes anything: `PIPE_BUF`.
    private static let piece = 4096

    /// - Parameter patience: How long its reader may take nothing.
    init(_ stream: StandardStream = .output, patience: Duration = .seconds(300)) throws(CommandError) {
        try self.init(descriptor: stream.rawValue, patience: patience)
    }

    init(descriptor: Int32, patience: Duration) throws(CommandError) {
        guard isatty(descriptor) == 0 else {
            throw CommandError(
                .usage, "standard output is a terminal, and a backup is no text",
                hint: "name a file, or lead it on: innkeeper backup - > FILE")
        }
        self.descriptor = descriptor
        self.patience = patience
    }

    /// Waits where it can be ended, and never within the system's `write`.
    func write(_ bytes: [UInt8], _ isCancelled: () -> Bool) throws {
        var rest = bytes[...]
        var deadline = ContinuousClock.now + patience
        while !rest.isEmpty {
            if isCancelled() { throw CancellationError() }
            var state = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
            guard poll(&state, 1, 250) > 0 else {
                guard .now < deadline else {
                    throw CommandError(.failure, "nobody reads the output")
                }
                continue
            }
            let count = rest.prefix(Self.piece).withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR || errno == EAGAIN { continue }
            guard count > 0 else {
                throw CommandError(.failure, "the output cannot be written (\(SystemError.text(errno)))")
            }
            rest = rest.dropFirst(count)
            deadline = .now + patience
        }
    }

    /// Where it leads to a file, that is on the disk. A pipe cannot be synced, and what is behind it is not ours.
    func keep() throws {
        guard fsync(descriptor) == 0 || errno == EINVAL || errno == EROFS || errno == ENOTSUP else {
            throw CommandError(.failure, "the output cannot be synced (\(SystemError.text(errno)))")
        }
    }

    func discard() {}
}

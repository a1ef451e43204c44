import Foundation

/// Another run of this executable. Started with a list of arguments and no shell, so nothing in them is interpreted.
final class ChildProcess: Sendable {
    /// What the child writes to standard output, in pieces.
    let output: AsyncStream<[UInt8]>
    private let process: Process
    private let ended: Task<Int32, Never>

    /// Starts `innkeeper` with these arguments. Standard error goes to the end of the file `log`.
    init(_ arguments: [String], environment: [String: String], log: String) throws(SimulateError) {
        let process = Process()
        process.arguments = arguments
        process.environment = environment
        process.standardInput = FileHandle.nullDevice
        let (exits, exit) = AsyncStream.makeStream(of: Int32.self)
        process.terminationHandler = { process in
            // As a shell reports it: 128 and the number of the signal.
            exit.yield(process.terminationStatus + (process.terminationReason == .exit ? 0 : 128))
            exit.finish()
        }
        let pipe = Pipe()
        process.standardOutput = pipe
        do {
            process.executableURL = URL(
                fileURLWithPath: try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe"))
            process.standardError = try Self.appending(to: log)
            try process.run()
        } catch {
            throw .process(command: Self.name(arguments), problem: "cannot be started")
        }
        self.process = process
        output = Self.pieces(of: pipe.fileHandleForReading)
        // Unstructured on purpose: a child is waited for in clean-up, when the task that started it is cancelled.
        ended = Task {
            for await status in exits { return status }
            return 1
        }
    }

    /// The exit status, once the child has ended. Waits even in a cancelled task.
    func status() async -> Int32 { await ended.value }

    /// Asks the child to end, as an operator would, and waits; after `patience` it is ended by force.
    func terminate(patience: Duration = .seconds(30)) async -> Int32 {
        process.terminate()
        let force = killer(after: patience)
        defer { force.cancel() }
        return await status()
    }

    /// A task that ends the child by force unless it is cancelled before.
    func killer(after patience: Duration) -> Task<Void, Never> {
        Task { [process] in
            do { try await Task.sleep(for: patience) } catch { return }
            if process.isRunning { kill(process.processIdentifier, SIGKILL) }
        }
    }

    /// The first two arguments, for messages.
    static func name(_ arguments: [String]) -> String {
        (["innkeeper"] + arguments.prefix(2)).joined(separator: " ")
    }

    /// What can be read, until the child closes its end. Read by a thread of its own: a blocking read must not hold one
    /// of the few threads that all tasks share, and a readability handler misses an end that comes with the last bytes.
    private static func pieces(of handle: FileHandle) -> AsyncStream<[UInt8]> {
        let (stream, pieces) = AsyncStream.makeStream(of: [UInt8].self)
        Thread.detachNewThread {
            while case let data = handle.availableData, !data.isEmpty { pieces.yield(Array(data)) }
            pieces.finish()
        }
        return stream
    }

    private static func appending(to path: String) throws -> FileHandle {
        if !FileManager.default.fileExists(atPath: path) {
            _ = FileManager.default.createFile(atPath: path, contents: nil, attributes: [.posixPermissions: 0o600])
        }
        let handle = try FileHandle(forWritingTo: URL(fileURLWithPath: path))
        try handle.seekToEnd()
        return handle
    }
}

import Dispatch
import Foundation
import Glibc
import Synchronization

/// One running process of the program, with both outputs captured. It is ended by force when it has run for
/// `longestLife`, so whatever waits for it or for its output comes back.
final class Child: Sendable {
    private struct State {
        var status: Int32?
        var waiting: [CheckedContinuation<Int32, Never>] = []
    }

    /// Why a process could not be started, as the system's error number.
    struct NotStarted: Error {
        let errno: Int32
    }

    private static let longestLife = DispatchTimeInterval.seconds(60)

    /// Standard output.
    let output: Capture
    /// Standard error.
    let errors: Capture
    /// Its number.
    let id: pid_t
    private let state = Mutex(State())

    /// One process is started at a time. The pipe of another test's child, inherited by this one, would keep that test
    /// waiting for its end.
    private static let starting = Mutex(())

    /// Starts a process with standard input from `/dev/null` and no other open file.
    init(_ path: String, _ arguments: [String], environment: [String: String]) throws {
        (id, output, errors) = try Self.starting.withLock { _ in
            let (outputEnd, childOutput) = try Self.pipe()
            let (errorEnd, childErrors) = try Self.pipe()
            defer {
                close(childOutput)
                close(childErrors)
            }
            let captures = (Capture(reading: outputEnd), Capture(reading: errorEnd))
            let id = try Self.spawn([path] + arguments, environment, output: childOutput, errors: childErrors)
            return (id, captures.0, captures.1)
        }
        Thread.detachNewThread { self.waitForEnd() }
        DispatchQueue.global().asyncAfter(deadline: .now() + Self.longestLife) { [weak self] in self?.send(SIGKILL) }
    }

    /// The exit status once it has ended: as a shell reports it, 128 and the number of a signal.
    func status() async -> Int32 {
        await withCheckedContinuation { continuation in
            let status = state.withLock { state in
                if state.status == nil { state.waiting.append(continuation) }
                return state.status
            }
            if let status { continuation.resume(returning: status) }
        }
    }

    /// Whether it has ended.
    var hasEnded: Bool { state.withLock { $0.status != nil } }

    /// Status and outputs once it has ended.
    func outcome() async -> Program.Outcome {
        let (output, errors) = (await output.complete(), await errors.complete())
        return Program.Outcome(status: await status(), output: output, errors: errors)
    }

    /// Sends a signal, unless the process has ended.
    func send(_ signal: Int32) {
        // Under the lock the process is not reaped, so its number is not somebody else's yet.
        state.withLock { if $0.status == nil { kill(id, signal) } }
    }

    /// Ends it by force and waits until it is gone.
    func end() async {
        send(SIGKILL)
        _ = await status()
    }

    private func waitForEnd() {
        var info = siginfo_t()
        while waitid(P_PID, id_t(id), &info, WEXITED | WNOWAIT) != 0, errno == EINTR {}
        let (status, waiting) = state.withLock { state in
            var raw: Int32 = 0
            waitpid(id, &raw, 0)
            let signal = raw & 0x7F
            let status = signal == 0 ? raw >> 8 & 0xFF : 128 + signal
            state.status = status
            defer { state.waiting = [] }
            return (status, state.waiting)
        }
        for continuation in waiting { continuation.resume(returning: status) }
    }

    private static func spawn(
        _ command: [String], _ environment: [String: String], output: Int32, errors: Int32
    ) throws -> pid_t {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_adddup2(&actions, output, 1)
        posix_spawn_file_actions_adddup2(&actions, errors, 2)
        var words = command.map { strdup($0) } + [nil]
        var variables = environment.map { strdup("\($0.key)=\($0.value)") } + [nil]
        defer { for text in words + variables { free(text) } }
        var id = pid_t()
        let error = posix_spawn(&id, command[0], &actions, nil, &words, &variables)
        guard error == 0 else { throw NotStarted(errno: error) }
        return id
    }

    private static func pipe() throws -> (read: Int32, write: Int32) {
        var ends: [Int32] = [-1, -1]
        guard Glibc.pipe(&ends) == 0 else { throw NotStarted(errno: errno) }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        return (ends[0], ends[1])
    }
}

import ArgumentParser
import Foundation
import Glibc
import TestSupport
import Testing

@testable import Innkeeper

/// Whatever the command, its memory reaches no core file and no debugger of the same user, before it reads an argument.
@Suite(.timeLimit(.minutes(5)))
struct HardeningTests {
    /// The verbs of every command, also of those that only group others.
    private static func commands(below configuration: CommandConfiguration) -> [[String]] {
        configuration.subcommands.flatMap { command in
            let name = command.configuration.commandName ?? ""
            return [[name]] + commands(below: command.configuration).map { [name] + $0 }
        }
    }

    /// A pipe with a name that nobody reads, and no room in it: who writes to it waits, and can be looked at.
    private final class FullPipe {
        let path: String
        private let descriptor: Int32

        init(in directory: TemporaryDirectory) throws {
            path = directory.path + "/full"
            try #require(mkfifo(path, 0o600) == 0)
            // For both ends, or opening it would wait for the other.
            descriptor = open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC)
            try #require(descriptor >= 0)
            while write(descriptor, "x", 1) == 1 {}
        }

        deinit { close(descriptor) }
    }

    /// What the kernel shows of a process that leaves no core file and cannot be read belongs to root, user and group, whoever
    /// runs it. Root runs it with another group.
    private func isHardened(_ id: pid_t) -> Bool {
        // Only of the program itself, also when it has started itself anew: its launcher changes its group.
        let name = FileManager.default.contents(atPath: "/proc/\(id)/comm").map { String(decoding: $0, as: UTF8.self) }
        guard name == "innkeeper\n" || name == "exe\n" else { return false }
        var status = stat()
        return stat("/proc/\(id)/status", &status) == 0 && status.st_uid == 0 && status.st_gid == 0
    }

    @Test func `every command is hardened before it does anything`() async throws {
        let directory = try TemporaryDirectory()
        let pipe = try FullPipe(in: directory)
        let group = geteuid() == 0 ? ["/usr/bin/setpriv", "--regid=65534", "--clear-groups"] : []
        let launcher = group + ["/bin/sh", "-c", "exec \"$0\" \"$@\" >\(pipe.path)"]
        let commands = Self.commands(below: InnkeeperCommand.configuration)
        #expect(commands.contains(["init"]) && commands.contains(["keys", "destroy"]) && commands.count > 40)
        for command in [[]] + commands {
            let child = try Program.start(command + ["--help"], by: launcher)
            let isSettled = await holds { child.hasEnded || isHardened(child.id) }
            #expect(isSettled && !child.hasEnded, "\(command): \(child.errors.text)")
            await child.end()
            guard isSettled else { return }
        }
    }
}

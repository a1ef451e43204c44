import ArgumentParser
import Glibc
import Sealing

/// The program: arguments in, exit status out.
@main
enum Main {
    static func main() async {
        Backtrace.forbid()
        occupyStandardStreams()
        // Every file made from here on is this user's alone: the database and its log take their mode from it.
        umask(0o077)
        // A reader that goes away, as `| head` does, becomes an error of `write` and ends the command quietly.
        signal(SIGPIPE, SIG_IGN)
        let status = await run(Array(CommandLine.arguments.dropFirst()))
        // What nobody reads keeps nobody from ending.
        _ = LogOutput.flush()
        exit(status)
    }

    /// Started with a standard stream closed, the first file that is opened would take its number, and be written to as if it
    /// were the stream.
    private static func occupyStandardStreams() {
        for number in 0...2 as ClosedRange<Int32> where fcntl(number, F_GETFD) < 0 {
            // The lowest number that is free is given out, and that is this one.
            guard open("/dev/null", O_RDWR) == number else { _exit(CommandStatus.failure.rawValue) }
        }
    }

    /// Runs one command line and returns the exit status.
    private static func run(_ arguments: [String]) async -> Int32 {
        let order = ArgumentOrder(arguments, of: InnkeeperCommand.self)
        let report = ErrorReport(
            isJSON: order.isJSON, commandPath: (["innkeeper"] + order.verbs).joined(separator: " "))
        do {
            // Here and nowhere else, whatever the command: so none can touch a key, or what opens with it, before.
            try ProcessHardening.apply()
            // A server ends in order on SIGINT by itself, and with status 0.
            if isServer(order) {
                ignoreSignalsWithoutMeaning()
                try await execute(order.arguments)
            } else {
                try await Interrupt.cancelling { try await execute(order.arguments) }
            }
            return CommandStatus.ok.rawValue
        } catch {
            switch report.outcome(of: error) {
            case .status(let status): return status
            case .error(let error):
                // A command waits for whoever reads it, a server does not.
                if isServer(order) { LogOutput.writeLast(report.text(of: error)) } else { report.write(error) }
                return error.status.rawValue
            case .text(let text): return show(text, report)
            }
        }
    }

    /// A terminal that closes, a log rotation made for another program: none of them ends a server.
    private static func ignoreSignalsWithoutMeaning() {
        for number in [SIGHUP, SIGUSR1, SIGUSR2] { signal(number, SIG_IGN) }
    }

    private static func isServer(_ order: ArgumentOrder) -> Bool {
        order.verbs == [ServeCommand.configuration.commandName]
    }

    private static func execute(_ arguments: [String]) async throws {
        var command = try await InnkeeperCommand.asyncParseAsRoot(arguments)
        if var command = command as? any AsyncParsableCommand {
            try await command.run()
        } else {
            try command.run()
        }
    }

    /// Help, version and completion scripts go to standard output.
    private static func show(_ text: String, _ report: ErrorReport) -> Int32 {
        do {
            try StandardStream.output.writeLine(text)
            return CommandStatus.ok.rawValue
        } catch {
            guard case .error(let error) = report.outcome(of: error) else { return CommandStatus.ok.rawValue }
            report.write(error)
            return error.status.rawValue
        }
    }
}

import ArgumentParser
import Dispatch

/// Measurements that need the program's own parts; `scripts/bench/run` calls it.
struct Bench: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bench", abstract: "Measurements of Innkeeper's parts.",
        subcommands: [
            SeedCommand.self, RotateCommand.self, LoadScriptCommand.self, TokensCommand.self, ServeVerifyCommand.self,
            ServeFloorCommand.self, StepsCommand.self, MemoryCommand.self, InstallRequestsCommand.self,
            InstallReferenceCommand.self, JudgeCommand.self, StoreCommand.self,
        ])
}

@main
enum Main {
    /// Keeps the main thread: an asynchronous main function gives it up, which valgrind does not survive. The task is
    /// detached because this function's own actor is the thread that waits.
    static func main() {
        let done = DispatchSemaphore(value: 0)
        Task.detached {
            await Bench.main()
            done.signal()
        }
        done.wait()
    }
}

import ArgumentParser

/// Measurements that need the program's own parts; `scripts/bench/run` calls it.
@main
struct Bench: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bench", abstract: "Measurements of Innkeeper's parts.",
        subcommands: [
            SeedCommand.self, RotateCommand.self, LoadScriptCommand.self, TokensCommand.self, ServeVerifyCommand.self,
            ServeFloorCommand.self,
        ])
}

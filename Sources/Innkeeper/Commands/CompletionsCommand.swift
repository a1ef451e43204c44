import ArgumentParser

/// `completions`
struct CompletionsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "completions",
        abstract: "Print a completion script for a shell.",
        discussion: """
            Examples:
              innkeeper completions bash > ~/.innkeeper.bash
              innkeeper completions zsh > ~/.zfunc/_innkeeper
              innkeeper completions fish > ~/.config/fish/completions/innkeeper.fish
            """)

    /// The shells there are scripts for.
    enum Shell: String, CaseIterable, ExpressibleByArgument {
        case bash, zsh, fish
    }

    @Argument(help: "bash, zsh or fish.")
    var shell: Shell

    @OptionGroup var output: OutputOptions

    func run() async throws {
        let script: CompletionShell =
            switch shell {
            case .bash: .bash
            case .zsh: .zsh
            case .fish: .fish
            }
        try StandardStream.output.writeLine(InnkeeperCommand.completionScript(for: script))
    }
}

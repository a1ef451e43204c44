import ArgumentParser
import Testing

@testable import Innkeeper

@Suite struct HelpTests {
    private static func configurations(below root: CommandConfiguration) -> [CommandConfiguration] {
        root.subcommands.flatMap { command in
            let configuration = command.configuration
            return [configuration] + configurations(below: configuration)
        }
    }

    private static let all = configurations(below: InnkeeperCommand.configuration)

    @Test func `every command has a name, an abstract and examples`() {
        for configuration in Self.all {
            #expect(configuration.commandName != nil)
            #expect(!configuration.abstract.isEmpty, "\(configuration.commandName ?? "")")
            #expect(configuration.discussion.contains("Examples:"), "\(configuration.commandName ?? "")")
        }
    }

    @Test func `help fits a terminal of 80 columns`() {
        let roots = InnkeeperCommand.configuration.subcommands.map { $0.configuration }
        for root in roots where root.commandName != "simulate" {
            for configuration in [root] + Self.configurations(below: root) {
                for line in configuration.discussion.split(separator: "\n") { #expect(line.count < 80, "\(line)") }
            }
        }
    }

    @Test func `the commands of the contract are there`() {
        let names = Self.all.compactMap { $0.commandName }
        let expected = [
            "init", "serve", "installations", "events", "keys", "api-keys", "addons", "audit", "doctor", "simulate",
            "backup", "restore", "migrate",
        ]
        for name in expected { #expect(names.contains(name)) }
    }

    @Test func `completion scripts can be made for every shell`() {
        for shell in [CompletionShell.bash, .zsh, .fish] {
            #expect(InnkeeperCommand.completionScript(for: shell).contains("installations"))
        }
    }
}

import ArgumentParser
import Marketplace

/// `bench tokens`: what other servers must know to judge the same webhooks.
struct TokensCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tokens", abstract: "Print workspace, add-on id and webhook token of workspaces, one line each.")

    @OptionGroup var options: SenderOptions

    func run() async throws {
        for sender in try options.senders() {
            print("\(sender.workspaceID.text) \(sender.addonID.text) \(sender.token)")
        }
    }
}

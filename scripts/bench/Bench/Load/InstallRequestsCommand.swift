import ArgumentParser
import Installations
import Marketplace

/// `bench install-requests`: signed beforehand, so that the client costs nothing while installs are measured.
struct InstallRequestsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "install-requests", abstract: "Print a lifecycle token and an INSTALLED body of each workspace.")

    @OptionGroup var options: SenderOptions

    @Option(help: "How many webhooks each has, at /webhooks/w0 and so on.")
    var webhooks = 10

    @Flag(help: "Give each webhook a token of its own, as the platform is not known to do.")
    var distinct = false

    func run() async throws {
        let platform = try options.platform()
        guard let addonKey = AddonKey("sample-addon") else { throw SeedError() }
        for sender in try options.senders() {
            let (workspace, addon) = (sender.workspaceID, sender.addonID)
            let now = Timestamp.now().seconds
            let lifecycle = try platform.token(.lifecycle, for: addonKey, workspace: workspace, addon: addon, now: now)
            let token = try platform.token(.installation, for: addonKey, workspace: workspace, addon: addon, now: now)
            let entries = try (0..<webhooks).map { index in
                // The platform's webhook tokens of one installation are all the same bytes (protocol.md section 1.4).
                let token =
                    distinct
                    ? try platform.token(
                        .installation, for: addonKey, workspace: workspace, addon: addon, now: now + Int64(index))
                    : sender.token
                return #"{"path":"/webhooks/w\#(index)","webhookType":"ADDON","authToken":"\#(token)"}"#
            }
            print(
                lifecycle,
                """
                {"addonId":"\(addon.text)","workspaceId":"\(workspace.text)","authToken":"\(token)","asUser":"60348d",\
                "apiUrl":"https://api.clockify.me/api","addonUserId":"1a2b3c","webhooks":[\
                \(entries.joined(separator: ","))]}
                """)
        }
    }
}

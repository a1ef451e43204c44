import ArgumentParser
import FoundationEssentials
import Marketplace

/// `simulate webhook`
struct SimulateWebhookCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "webhook", abstract: "Send webhooks from workspaces where the add-on is installed.",
        discussion: """
            An event goes to every path that the manifest names for it, with a body like
            the platform's.

            Examples:
              innkeeper simulate webhook
              innkeeper simulate webhook --event NEW_TIME_ENTRY --count 100 --workspaces 20
              innkeeper simulate webhook --event NEW_PROJECT --forge
              innkeeper simulate webhook --stale-token --workspaces 1
            """)

    @Option(help: "Event name; repeat for several. Default: every event of the manifest.")
    var event: [String] = []

    @Option(help: "How often each event is sent from each workspace.")
    var count = 1

    @Option(help: "File with the body. '{{workspaceId}}', '{{userId}}' and '{{sequence}}' in it are filled in.")
    var body: String?

    @Flag(help: "Sign with a key that is not the platform's. The server must answer 401.")
    var forge = false

    @Flag(help: "Use tokens that were replaced by newer ones. The server must answer 401.")
    var staleToken = false

    @OptionGroup var options: CallOptions

    func validate() throws {
        guard !(forge && staleToken) else { throw ValidationError("--forge and --stale-token exclude each other") }
        guard (1...1_000_000).contains(count) else { throw ValidationError("--count must be between 1 and 1000000") }
        if let event = event.first(where: { EventType($0) == nil }) {
            throw ValidationError("\(event) is not an event name: upper case letters, digits and underscores")
        }
    }

    func run() async throws {
        try await CallSession.run(options) { session in
            let webhooks = try Self.webhooks(of: session.calls.manifest, named: event)
            let template = try template()
            let platform = forge ? try Self.stranger() : session.calls.platform
            let calls = StandInCalls(platform: platform, manifest: session.calls.manifest)
            try await session.send(
                forge ? "forged webhook" : staleToken ? "webhook with a stale token" : "webhook",
                variants: webhooks.count * count, expected: forge || staleToken ? 401 : 204
            ) { installation, variant in
                let webhook = webhooks[variant % webhooks.count]
                let body = SampleBody.fill(
                    template ?? SampleBody.template(for: webhook.event), for: installation,
                    sequence: UInt32(truncatingIfNeeded: 1 + variant / webhooks.count))
                return try calls.webhook(
                    webhook.event, on: webhook.path, for: installation, body: body, isStale: staleToken)
            }
        }
    }

    /// The manifest's webhooks for these events, or all of them when there are no names.
    static func webhooks(of manifest: Manifest, named events: [String]) throws(SimulateError) -> [Manifest.WebhookPath]
    {
        guard !manifest.webhooks.isEmpty else { throw .noWebhooks }
        let declared = Set(manifest.webhooks.map(\.event.text))
        if let event = events.first(where: { !declared.contains($0) }) {
            throw .eventNotDeclared(event, declared: declared.sorted())
        }
        return events.isEmpty ? manifest.webhooks : manifest.webhooks.filter { events.contains($0.event.text) }
    }

    /// A platform whose key no server was told to trust.
    static func stranger() throws(SimulateError) -> StandInPlatform {
        do throws(StandInPlatform.Failure) {
            return try StandInPlatform()
        } catch {
            throw .signing
        }
    }

    private func template() throws(SimulateError) -> String? {
        guard let path = body else { return nil }
        guard let bytes = FileManager.default.contents(atPath: path) else {
            throw .file(path: path, reason: "cannot be read")
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}

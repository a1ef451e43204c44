import ArgumentParser
import FoundationEssentials
import Marketplace

/// One command's calls: who signs them, what they are about, where they go.
struct CallSession: Sendable {
    /// Writes the requests.
    var calls: StandInCalls
    /// Whom they are about.
    let installations: [SimulatedInstallation]
    private let client: StandInClient
    private let options: CallOptions

    /// Loads the key pair and the manifest and runs `body`.
    static func run(_ options: CallOptions, _ body: (CallSession) async throws -> Void) async throws {
        let platform = try StandInKeys(directory: options.keys).platform()
        let installations = try options.installations()
        let address = try ServerAddress(options.url)
        try await StandInClient.connected(to: address, connections: options.parallel) { client in
            let manifest =
                if let file = options.manifest {
                    try ManifestFile.read(file)
                } else {
                    try await client.manifest(of: options.addon)
                }
            let calls = StandInCalls(platform: platform, manifest: manifest)
            try await body(CallSession(calls: calls, installations: installations, client: client, options: options))
        }
    }

    /// Sends one request for each installation and each of `variants`, prints what came back, and fails when any answer
    /// was not the expected one.
    func send(
        _ title: String, variants: Int = 1, expected: Int,
        _ request: @escaping @Sendable (SimulatedInstallation, _ variant: Int) throws -> StandInRequest
    ) async throws {
        let installations = installations
        let batch = CallBatch(
            title: title, count: installations.count * variants, parallel: options.parallel,
            expected: options.expect ?? expected
        ) { index in
            // All workspaces take turns, as they would on the platform.
            try request(installations[index % installations.count], index / installations.count)
        }
        let tally = try await batch.send(client.post)
        try options.output.write(TallyJSON(title, tally)) { "\(title): \(tally.description)\n" }
        guard !tally.isAsExpected else { return }
        StandardStream.note("expected \(tally.expected) for every request; the server's log tells more")
        throw ExitCode(1)
    }

    /// Unix seconds, for tokens that expire.
    static var now: Int64 { Int64(Date.now.timeIntervalSince1970) }
}

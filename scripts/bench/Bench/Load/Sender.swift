import ArgumentParser
import Foundation
import Marketplace

/// A workspace that sends webhooks, by the numbering of `simulate install`.
struct Sender {
    let workspaceID: WorkspaceID
    let addonID: AddonID
    /// The five documented claims: RS256 is deterministic, so these are the bytes that were installed.
    let token: String

    init(number: Int, of platform: StandInPlatform) throws {
        let digits = String(number, radix: 16)
        guard let addonKey = AddonKey("sample-addon"),
            let workspaceID = WorkspaceID("65a00001" + String(repeating: "0", count: 16 - digits.count) + digits),
            let addonID = AddonID("65a0000200000001" + String(repeating: "0", count: 8 - digits.count) + digits)
        else { throw SeedError() }
        self.workspaceID = workspaceID
        self.addonID = addonID
        token = try platform.token(.webhook, for: addonKey, workspace: workspaceID, addon: addonID, now: 0)
    }
}

/// Which workspaces send.
struct SenderOptions: ParsableArguments {
    @Option(help: "The stand-in platform's private key.")
    var platformKey: String

    @Option(help: "Number of the first workspace.")
    var first = 1

    @Option(help: "How many workspaces send, in turn.")
    var workspaces = 200

    func platform() throws -> StandInPlatform {
        try StandInPlatform(privatePEM: try String(contentsOfFile: platformKey, encoding: .utf8))
    }

    func senders() throws -> [Sender] {
        let platform = try platform()
        return try (first..<first + workspaces).map { try Sender(number: $0, of: platform) }
    }
}

import ArgumentParser
import Marketplace

/// What all calls of the stand-in platform have in common.
struct CallOptions: ParsableArguments {
    @Option(help: "Directory of the key pair, made by 'simulate keys'.")
    var keys = "innkeeper-simulate"

    @Option(help: "Address of the server's public listener.")
    var url = "http://127.0.0.1:8080"

    @Option(help: "Manifest file. Default: what the server gives out, as the platform takes it.")
    var manifest: String?

    @Option(help: "Key of the add-on, when the server has several.")
    var addon: String?

    @Option(help: "Number of workspaces.")
    var workspaces: UInt32 = 1

    @Option(help: "Number of the first workspace.")
    var from: UInt32 = 1

    @Option(help: "2, 3 and so on are reinstalls: the same workspaces, other addonIds.")
    var generation: UInt32 = 1

    @Option(name: .customLong("workspace"), help: "A workspaceId of your own; goes with --addon-id.")
    var workspaceID: String?

    @Option(name: .customLong("addon-id"), help: "An addonId of your own; goes with --workspace.")
    var addonID: String?

    @Option(help: "Requests under way at once.")
    var parallel = 8

    @Option(help: "Status that every request must be answered with, for trying refusals.")
    var expect: Int?

    @OptionGroup var output: OutputOptions

    func validate() throws {
        guard (1...1_000_000).contains(workspaces) else {
            throw ValidationError("--workspaces must be between 1 and 1000000")
        }
        guard (1...1_000_000_000).contains(from) else {
            throw ValidationError("--from must be between 1 and 1000000000")
        }
        guard generation > 0 else { throw ValidationError("--generation starts at 1") }
        guard (1...256).contains(parallel) else { throw ValidationError("--parallel must be between 1 and 256") }
        guard expect.map((100...599).contains) ?? true else { throw ValidationError("--expect is an HTTP status") }
        guard manifest == nil || addon == nil else { throw ValidationError("give --manifest or --addon, not both") }
        guard (workspaceID == nil) == (addonID == nil) else {
            throw ValidationError("--workspace and --addon-id go together")
        }
        guard workspaceID == nil || workspaces == 1 else {
            throw ValidationError("--workspace names one workspace; leave out --workspaces")
        }
    }

    /// The installations that the calls are about.
    func installations() throws(SimulateError) -> [SimulatedInstallation] {
        if let workspaceID, let addonID {
            return [try SimulatedInstallation(workspace: workspaceID, addon: addonID, number: from)]
        }
        var installations: [SimulatedInstallation] = []
        for number in from..<from + workspaces {
            installations.append(try SimulatedInstallation(number: number, generation: generation))
        }
        return installations
    }
}

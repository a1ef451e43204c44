import ArgumentParser

/// `simulate demo`
struct SimulateDemoCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "demo",
        abstract: "The whole story, with a server of its own in a temporary directory.",
        discussion: """
            Workspaces install an add-on and send webhooks, strangers try to forge both,
            some workspaces uninstall and reinstall. What was accepted is delivered to the
            add-on's own code, which refuses one event; it is replayed. Exit status 0 means
            that everything went as expected.

            Examples:
              innkeeper simulate demo
              innkeeper simulate demo --workspaces 20 --keep
            """)

    @Option(help: "How many workspaces install the add-on.")
    var workspaces: UInt32 = 200

    @Option(help: "How many webhooks each of them sends at first.")
    var webhooks = 5

    @Option(help: "Requests under way at once.")
    var parallel = 8

    @Flag(help: "Keep the temporary directory, to look at what is in it.")
    var keep = false

    func validate() throws {
        guard (DemoCast.minimum...100_000).contains(workspaces) else {
            throw ValidationError("--workspaces must be between \(DemoCast.minimum) and 100000")
        }
        guard (1...10_000).contains(webhooks) else { throw ValidationError("--webhooks must be between 1 and 10000") }
        guard (1...256).contains(parallel) else { throw ValidationError("--parallel must be between 1 and 256") }
    }

    func run() async throws {
        let stage = try DemoStage.make()
        let demo = Demo(stage: stage, cast: DemoCast(workspaces: workspaces), webhooks: webhooks, parallel: parallel)
        let isAsExpected: Bool
        do {
            isAsExpected = try await Interruption.cancelling { try await demo.play() }
        } catch {
            try clear(stage, showLog: !Task.isCancelled)
            // A reader that went away has not seen the end, and nobody can say how it would have been.
            if case OutputError.closed = error { throw ExitCode.failure }
            throw error
        }
        try clear(stage, showLog: !isAsExpected)
        guard isAsExpected else { throw ExitCode.failure }
    }

    /// Removes or keeps the directory. `showLog` tells what the server said last, which is gone with the directory.
    private func clear(_ stage: DemoStage, showLog: Bool) throws(SimulateError) {
        let log = showLog ? stage.logTail() : ""
        if !log.isEmpty { StandardStream.note("The last lines of the server's log:\n\(log)") }
        guard keep else { return try stage.remove() }
        StandardStream.note(
            """

            Kept: \(stage.directory)
              innkeeper --data-dir \(stage.dataDirectory) serve --platform-keys \(stage.keys.publicPath)
            """)
    }
}

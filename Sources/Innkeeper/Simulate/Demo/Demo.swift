import FoundationEssentials
import Marketplace
import OperatorAPI

/// Plays the demo's story against a server of its own.
struct Demo: Sendable {
    let stage: DemoStage
    let cast: DemoCast
    let webhooks: Int
    let parallel: Int

    /// Plays it. Returns whether every answer was the expected one; the server is stopped in any case.
    func play() async throws -> Bool {
        let stubborn = try SimulatedInstallation(number: cast.trimmed.lowerBound).workspace.text
        return try await DemoBackend.serving(secret: try stage.makeSecret(), stubborn: stubborn) { backend, url in
            try await play(backend, url)
        }
    }

    private func play(_ backend: DemoBackend, _ url: String) async throws -> Bool {
        let server = try await DemoServer.start(on: stage, deliveringTo: url)
        var report = DemoReport()
        do {
            try StandardStream.output.writeLine(
                "A server runs at \(server.address.origin), the add-on's own code at \(url), the data is in"
                    + " \(stage.directory).")
            try await playStory(against: server.address, &report)
            try await DemoDelivery(stage: stage, backend: backend).play(&report)
            try await look(&report)
        } catch SimulateError.noServer {
            throw SimulateError.process(
                command: "innkeeper serve", problem: "ended too early, with status \(await server.stop())")
        } catch {
            _ = await server.stop()
            throw error
        }
        let status = await server.stop()
        try report.chapter("The end")
        try report.tell("exit status of the server, stopped by SIGTERM", expected: "0", got: String(status))
        try report.conclude()
        return report.isAsExpected
    }

    private func playStory(against address: ServerAddress, _ report: inout DemoReport) async throws {
        let platform = try stage.keys.platform()
        let forger = try SimulateWebhookCommand.stranger()
        report = try await StandInClient.connected(to: address, connections: parallel) { [report] client in
            let manifest = try await client.manifest(of: nil)
            let story = try DemoStory(
                calls: StandInCalls(platform: platform, manifest: manifest),
                forger: StandInCalls(platform: forger, manifest: manifest), cast: cast, webhooks: webhooks)
            var told = report
            for chapter in story.chapters {
                try told.chapter(chapter.title)
                for scene in chapter.scenes {
                    let batch = CallBatch(
                        title: scene.title, count: scene.count, parallel: parallel, expected: scene.expected,
                        request: scene.request)
                    try told.tell(scene, await batch.send(client.post))
                }
            }
            try await rotate(under: story.load, client, &told)
            return told
        }
    }

    /// Changes the storage key while webhooks go on.
    private func rotate(under load: DemoScene, _ client: StandInClient, _ report: inout DemoReport) async throws {
        try report.chapter("The storage key changes while webhooks go on")
        // A rate at which it takes about as long as the load.
        async let rotation = DemoServer.output(of: ["keys", "rotate", "--rate", "500", "-o", "json"], on: stage)
        let batch = CallBatch(
            title: load.title, count: load.count, parallel: parallel, expected: load.expected, request: load.request)
        try report.tell(load, await batch.send(client.post))
        let rotated = try JSONDecoder().decode(RotationReportJSON.self, from: Data(try await rotation.utf8))
        try report.tell(
            "installations sealed under the new key and verified", expected: String(rotated.installations),
            got: String(rotated.verified))
        try report.tell("values that do not open", expected: "0", got: String(rotated.corrupt))
    }

    /// Looks at the result with the operator's own commands.
    private func look(_ report: inout DemoReport) async throws {
        for arguments in [
            ["installations", "list", "--limit", "10", "-o", "table"],
            ["events", "list", "--limit", "5", "-o", "table"],
        ] {
            try report.chapter("$ innkeeper \(arguments.dropLast(2).joined(separator: " "))")
            let output = try await DemoServer.output(of: arguments, on: stage)
            try StandardStream.output.writeLine(String(output.reversed().drop(while: \.isNewline).reversed()))
        }
        try report.chapter("What the store says")
        try report.tell("live installations", expected: String(cast.liveAtTheEnd), got: String(try await countLive()))
        let process = try ChildProcess(
            ["audit", "verify"], environment: stage.environment, log: stage.logFile)
        try report.tell("exit status of 'audit verify'", expected: "0", got: String(await process.status()))
    }

    private func countLive() async throws -> Int {
        var count = 0
        var cursor: String?
        repeat {
            let next = cursor.map { ["--cursor", $0] } ?? []
            let text = try await DemoServer.output(
                of: ["installations", "list", "--limit", "500", "-o", "json"] + next, on: stage)
            let page = try JSONDecoder().decode(InstallationPageJSON.self, from: Data(text.utf8))
            count += page.installations.count
            cursor = page.nextCursor
        } while cursor != nil
        return count
    }
}

import FoundationEssentials
import OperatorAPI

/// The last chapter of the demo's story: the events reach the add-on's own code, and one that it refused is replayed.
struct DemoDelivery: Sendable {
    let stage: DemoStage
    let backend: DemoBackend

    /// Longer than any delivery here takes, its first retries included.
    private static let patience = Duration.seconds(60)

    func play(_ report: inout DemoReport) async throws {
        try report.chapter("The events reach the add-on's own code")
        try report.tell("events still on their way", expected: "none", got: try await waiting())
        let arrived = backend.soFar
        try report.tell("events that arrived", expected: String(try await total()), got: String(arrived.events))
        try report.tell("of these with a wrong signature", expected: "0", got: String(arrived.unverified))
        try report.tell("of these before an install or after an end", expected: "0", got: String(arrived.misplaced))
        try report.tell(
            "dead letters, as the add-on refused one event", expected: arrived.refused ?? "one",
            got: try await events("--state", "dead", "--limit", "2").map(\.id).joined(separator: ", "))

        backend.mend()
        let replay = try await DemoServer.output(of: ["events", "replay", "--dead"], on: stage)
        try report.tell("innkeeper events replay --dead", expected: "1 replayed", got: replay.filter { !$0.isNewline })
        let isTaken = try await holds { backend.soFar.hasTakenRefused }
        try report.tell("the replayed event", expected: "arrives", got: isTaken ? "arrives" : "does not arrive")
        try report.tell("events still on their way", expected: "none", got: try await waiting())
    }

    /// `none`, or that some are left when the patience is used up.
    private func waiting() async throws -> String {
        try await holds { try await events("--state", "pending", "--limit", "1").isEmpty } ? "none" : "some"
    }

    private func holds(_ condition: () async throws -> Bool) async throws -> Bool {
        let deadline = ContinuousClock.now + Self.patience
        while ContinuousClock.now < deadline {
            if try await condition() { return true }
            try await Task.sleep(for: .milliseconds(50))
        }
        return false
    }

    /// How many events the server has accepted.
    private func total() async throws -> Int {
        var count = 0
        var cursor: String?
        repeat {
            let page = try await page(["--limit", "500"] + (cursor.map { ["--cursor", $0] } ?? []))
            count += page.events.count
            cursor = page.nextCursor
        } while cursor != nil
        return count
    }

    private func events(_ arguments: String...) async throws -> [EventJSON] {
        try await page(arguments).events
    }

    private func page(_ arguments: [String]) async throws -> EventPageJSON {
        let text = try await DemoServer.output(of: ["events", "list", "-o", "json"] + arguments, on: stage)
        return try JSONDecoder().decode(EventPageJSON.self, from: Data(text.utf8))
    }
}

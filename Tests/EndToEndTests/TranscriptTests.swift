import Installations
import TestSupport
import Testing

@testable import Innkeeper

/// What people see on their screens, word for word.
@Suite(.timeLimit(.minutes(5)))
struct TranscriptTests {
    private static let manifest = ManifestText.make(
        key: "sample-addon",
        webhooks: [
            ("NEW_TIME_ENTRY", "/webhooks/time"), ("TIMER_STOPPED", "/webhooks/time"), ("NEW_TASK", "/webhooks/task"),
        ])

    @Test func `a small story reads as it should`() async throws {
        try await Deployment.with([Self.manifest]) { deployment in
            let platform = deployment.platform
            let (stays, leaves) = (Tenant("65a000010000000000000001"), Tenant("65a000010000000000000002"))
            let server = try await deployment.serve()
            let statuses = try await server.statuses([
                try platform.install(stays), try platform.install(leaves), try platform.webhook(stays),
                try platform.uninstall(leaves),
            ])
            #expect(statuses == [204, 204, 204, 204])

            let transcript = Transcript(deployment: deployment)
            try await transcript.check("installations", "list")
            try await transcript.check("installations", "list", "--all")
            try await transcript.check("installations", "list", "-o", "json")
            try await transcript.check("installations", "list", "-o", "jsonl")
            try await transcript.check("installations", "show", stays.workspace)
            try await transcript.check("installations", "show", leaves.workspace)
            try await transcript.check("events", "list")
            try await transcript.check("keys", "list")
            try await transcript.check("api-keys", "list")
            try await transcript.check("addons", "list")
            try await transcript.check("audit", "list")
            try await transcript.check("audit", "verify")
            // On a machine with swap there is a finding more.
            if HostChecks.swap().status == .ok { try await transcript.check("doctor") }
        }
    }

    @Test func `a new deployment reads as it should`() async throws {
        try await Deployment.with([Self.manifest]) { deployment in
            let transcript = Transcript(deployment: deployment)
            let path = deployment.directory.path + "/new"
            let manifest = deployment.directory.path + "/manifest-0.json"
            let made = try await Program.run(["init", "--addon", manifest, "--data-dir", path])
            try transcript.compare(["init"], made)
            try transcript.compare(["--help"], try await Program.run(["--help"]))
            try await transcript.check("installations", "list", "--limit", "1")
            try await transcript.check("installations", "show", "nobody")
            try await transcript.check("init", "--addon", manifest)
        }
    }
}

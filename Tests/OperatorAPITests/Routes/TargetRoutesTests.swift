import Foundation
import HTTPTypes
import HummingbirdTesting
import Installations
import Marketplace
import Store
import TestSupport
import Testing
import Webhooks

@testable import OperatorAPI

/// Targets, statistics and attempts over the API.
@Suite(.timeLimit(.minutes(1))) struct TargetRoutesTests {
    private func serving(
        _ scopes: Scope..., body: @escaping @Sendable (Harness, any TestClientProtocol, HTTPFields) async throws -> Void
    ) async throws {
        let harness = try await Harness()
        let bearer = try await harness.bearerOf(Set(scopes))
        try await harness.serving { client in try await body(harness, client, bearer) }
    }

    private func decode<Answer: Decodable>(_ type: Answer.Type, _ body: String) throws -> Answer {
        try JSONDecoder().decode(type, from: Data(body.utf8))
    }

    @Test func `a target is paused and resumed by an administrator only`() async throws {
        try await serving(.admin, .read) { harness, client, admin in
            let reader = try await harness.bearer(.read)
            let path = "/api/v1/targets/test-addon/default/pause"
            #expect(try await client.ask(.post, path).status == 401)
            #expect(try await client.ask(.post, path, reader).status == 403)
            #expect(try await client.ask(.post, "/api/v1/targets/test-addon/other/pause", admin).status == 404)
            #expect(try await client.ask(.post, "/api/v1/targets/another/default/pause", admin).status == 404)
            let store = harness.deployment.test.store
            let target = TargetID(addonKey: harness.deployment.platform.manifest.key)
            #expect(store.pauses.since(target) == nil)
            for _ in 1...2 { #expect(try await client.ask(.post, path, admin).status == 204) }
            #expect(store.pauses.since(target) != nil)
            let listed = try decode(TargetsJSON.self, try await client.ask(.get, "/api/v1/targets", reader).body)
            #expect(listed.targets.map(\.state) == ["paused"] && listed.targets.first?.pausedAt != nil)
            let resume = "/api/v1/targets/test-addon/default/resume"
            #expect(try await client.ask(.post, resume, admin).status == 204)
            #expect(store.pauses.since(target) == nil)
        }
    }

    @Test func `a key that is bound elsewhere sees no target, and no statistics`() async throws {
        try await serving(.read) { harness, client, _ in
            let bound = try await harness.bearer([.read], for: "another")
            #expect(try await client.ask(.get, "/api/v1/targets", bound).body.contains("\"targets\":[]"))
            #expect(try await client.ask(.get, "/api/v1/stats", bound).status == 403)
        }
    }

    @Test func `statistics say what needs an operator and what happened, step by step`() async throws {
        try await serving(.read) { harness, client, reader in
            let (store, clock) = (harness.deployment.test.store, harness.deployment.clock)
            _ = try await harness.deployment.install(try harness.deployment.platform.id())
            clock.advance(seconds: 16 * 60)
            try await store.addHistory([.accepted: 5, .refused("signature"): 2, .started: 1], [], at: clock.now)
            for (window, steps) in [("1h", 60), ("24h", 144), ("30d", 120)] {
                let answer = try await client.ask(.get, "/api/v1/stats?window=\(window)", reader)
                let stats = try decode(StatsJSON.self, answer.body)
                #expect(stats.window == window && stats.attention.map(\.code) == ["waits_long"])
                #expect(stats.attention.map(\.severity) == ["warning"])
                #expect(stats.figures.accepted == 5 && stats.figures.refused == 2 && stats.figures.waiting == 1)
                #expect(stats.figures.installations?["ACTIVE"] == 1)
                let series = try #require(stats.series)
                #expect(series.accepted.count == steps && series.accepted.last == 5)
                #expect(series.refused["signature"]?.last == 2 && series.started.count == 1)
            }
            #expect(try await client.ask(.get, "/api/v1/stats?window=2h", reader).status == 400)
        }
    }

    @Test func `the attempts of an event are listed for who may see it`() async throws {
        try await serving(.read) { harness, client, reader in
            _ = try await harness.deployment.install(try harness.deployment.platform.id())
            let (store, now) = (harness.deployment.test.store, harness.deployment.clock.now)
            let event = try #require(
                try await store.events(matching: EventFilter(), page: PageRequest()).items.first?.id)
            let attempt = Attempt(at: now, target: "default", status: 503, milliseconds: 12, failure: "HTTP 503")
            _ = try await store.settle([
                Settlement(event: event, change: .retry(at: now, .status(503)), at: now, attempt: attempt)
            ])
            let path = "/api/v1/events/\(event.text)/attempts"
            let listed = try decode(AttemptsJSON.self, try await client.ask(.get, path, reader).body)
            #expect(listed.attempts.map(\.status) == [503] && listed.attempts.map(\.durationMs) == [12])
            #expect(listed.attempts.map(\.error) == ["HTTP 503"] && listed.attempts.map(\.target) == ["default"])
            #expect(try await client.ask(.get, path, try await harness.bearer([.read], for: "another")).status == 404)
            #expect(try await client.ask(.get, "/api/v1/events/evt_0000000000001/attempts", reader).status == 404)
        }
    }

    @Test func `events are narrowed by type and time, and what does not read is refused`() async throws {
        try await serving(.read) { harness, client, reader in
            let (deployment, clock) = (harness.deployment, harness.deployment.clock)
            for workspace in ["ws1", "ws2"] {
                _ = try await deployment.install(try deployment.platform.id(workspace, "inst-" + workspace))
                clock.advance(seconds: 60)
            }
            func list(_ query: String) async throws -> [String] {
                let answer = try await client.ask(.get, "/api/v1/events?\(query)", reader)
                return try decode(EventPageJSON.self, answer.body).events.map(\.workspaceId)
            }
            let middle = Timestamp(milliseconds: clock.now.milliseconds - 60_000).rfc3339
            #expect(try await list("type=addon.installed") == ["ws2", "ws1"])
            #expect(try await list("type=NEW_TIME_ENTRY") == [])
            #expect(try await list("since=\(middle)") == ["ws2"])
            #expect(try await list("until=\(middle)") == ["ws1"])
            #expect(try await list("addonId=inst-ws1&since=\(middle)") == [])
            #expect(try await list("type=&since=&until=") == ["ws2", "ws1"])
            let whole = try await client.ask(.get, "/api/v1/events?type=NEW_TIME_ENTRY", reader).body
            #expect(!whole.contains("searchedTo"), "all were read")
            for wrong in [
                "type=new", "type=addon.", "since=yesterday", "until=2026-13-01T00:00:00Z", "typ=NEW_TIME_ENTRY",
            ] {
                #expect(try await client.ask(.get, "/api/v1/events?\(wrong)", reader).status == 400, "\(wrong)")
            }
        }
    }
}

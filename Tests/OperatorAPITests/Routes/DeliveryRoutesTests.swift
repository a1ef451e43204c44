import Foundation
import HTTPTypes
import HummingbirdTesting
import Installations
import NIOCore
import NIOPosix
import SQLiteStore
import Sealing
import Store
import TestSupport
import Testing
import Webhooks

@testable import OperatorAPI

/// Pull over real HTTP: contract.md section 3.
@Suite(.timeLimit(.minutes(1))) struct DeliveryRoutesTests {
    /// Runs inbox, settlement writer, dispatcher and API, with one key of these scopes.
    private func serving(
        _ scopes: Scope..., body: @escaping @Sendable (Harness, any TestClientProtocol, HTTPFields) async throws -> Void
    ) async throws {
        let harness = try await Harness()
        let (_, secret) = try await harness.deployment.test.store.createAPIKey(
            name: "test", scopes: Set(scopes), actor: .system, at: harness.deployment.clock.now)
        let text = secret.expose("test") { String(decoding: $0, as: UTF8.self) }
        let bearer: HTTPFields = [.authorization: "Bearer \(text)"]
        try await harness.deployment.running { () async throws in
            try await harness.serving { (client) async throws in try await body(harness, client, bearer) }
        }
    }

    private func lease(
        _ client: any TestClientProtocol, _ bearer: HTTPFields, max: Int = 10, wait: Int = 20
    ) async throws -> LeaseJSON {
        let answer = try await client.ask(
            .post, "/api/v1/events/lease", bearer,
            body: #"{"addonKey":"test-addon","max":\#(max),"leaseSeconds":60,"waitSeconds":\#(wait)}"#)
        #expect(answer.status == 200)
        return try JSONDecoder().decode(LeaseJSON.self, from: Data(answer.body.utf8))
    }

    private func settle(
        _ verb: String, _ event: String, _ lease: String, _ client: any TestClientProtocol, _ bearer: HTTPFields
    ) async throws -> Int {
        try await client.ask(.post, "/api/v1/events/\(event)/\(verb)", bearer, body: #"{"leaseId":"\#(lease)"}"#).status
    }

    @Test func `a worker gets a stream's events one at a time, in order, with their exact text`() async throws {
        try await serving(.events) { harness, client, bearer in
            let id = try harness.deployment.platform.id()
            _ = try await harness.deployment.install(id)
            let token = try harness.deployment.platform.webhookToken(id, "/webhooks/time")
            let body = "{ \"a\" : 1.50,\t\"b\":\"\\u00e9\" }"
            _ = try await harness.deployment.webhook(token, body: body)

            let first = try await lease(client, bearer)
            #expect(first.events.map(\.type) == ["addon.installed"])
            #expect(first.events.first?.attempt == 1 && first.events.first?.workspaceId == "ws1")
            #expect(!(first.events.first?.body.contains("eyJ") ?? true), "no token is in it")
            #expect(try await lease(client, bearer, wait: 0).events.isEmpty)
            let event = try #require(first.events.first).id
            #expect(try await settle("ack", event, first.leaseId, client, bearer) == 204)

            let second = try await lease(client, bearer)
            #expect(second.events.map(\.body) == [body])
            #expect(
                try await settle("ack", try #require(second.events.first).id, second.leaseId, client, bearer) == 204)
            #expect(try await lease(client, bearer, wait: 0).events.isEmpty)
        }
    }

    @Test func `a lease that does not hold the event is a conflict`() async throws {
        try await serving(.events) { harness, client, bearer in
            _ = try await harness.deployment.install(try harness.deployment.platform.id())
            let held = try await lease(client, bearer)
            let event = try #require(held.events.first).id
            for wrong in ["nonsense", LeaseID.random().text] {
                #expect(try await settle("ack", event, wrong, client, bearer) == 409)
                #expect(try await settle("nack", event, wrong, client, bearer) == 409)
            }
            #expect(try await settle("ack", event, held.leaseId, client, bearer) == 204)
            #expect(try await settle("ack", event, held.leaseId, client, bearer) == 409)
            #expect(try await settle("ack", "evt_0000000000001", held.leaseId, client, bearer) == 404)
            #expect(try await client.ask(.post, "/api/v1/events/\(event)/ack", bearer, body: "{}").status == 400)
        }
    }

    @Test func `an event given back comes again under the same id`() async throws {
        try await serving(.events) { harness, client, bearer in
            _ = try await harness.deployment.install(try harness.deployment.platform.id())
            let held = try await lease(client, bearer)
            let event = try #require(held.events.first).id
            #expect(try await settle("nack", event, held.leaseId, client, bearer) == 204)
            // The clock of the store stands still until it is moved past the wait.
            harness.deployment.clock.advance(seconds: 3)
            harness.deployment.holdTimer.set(harness.deployment.clock.now)
            let again = try await lease(client, bearer)
            #expect(again.events.map(\.id) == [event] && again.events.first?.attempt == 2)
        }
    }

    @Test func `a lease whose answer nobody reads is given back when its worker has had its time`() async throws {
        let harness = try await Harness()
        let (deployment, bearer) = (harness.deployment, try await harness.bearer(.events))
        try await deployment.running { () async throws in
            let id = try deployment.platform.id()
            _ = try await deployment.install(id)
            try await harness.serving { client in
                let first = try await lease(client, bearer)
                let event = try #require(first.events.first).id
                #expect(try await settle("ack", event, first.leaseId, client, bearer) == 204)
            }
            // More than the kernels keep between both.
            let body = #"{"x":""# + String(repeating: "x", count: 1_000_000) + #""}"#
            let token = try deployment.platform.webhookToken(id, "/webhooks/time")
            _ = try await deployment.webhook(token, body: body)
            var hasty = OperatorLimits()
            hasty.exchangeTime = .milliseconds(200)
            try await harness.serving(limits: hasty) { client in
                let worker = try await ClientBootstrap(group: .singletonMultiThreadedEventLoopGroup)
                    .channelOption(.autoRead, value: false)
                    .connect(host: "127.0.0.1", port: try #require(client.port)).get()
                let asked = #"{"addonKey":"test-addon","leaseSeconds":3600,"waitSeconds":20}"#
                let request = [
                    "POST /api/v1/events/lease HTTP/1.1", "Host: a", "Content-Length: \(asked.utf8.count)",
                    "Authorization: \(bearer[.authorization] ?? "")", "", asked,
                ]
                try await worker.writeAndFlush(ByteBuffer(string: request.joined(separator: "\r\n")))
                try await worker.closeFuture.get()
            }
            var state = EventState.leased
            while state == .leased {
                state = try #require(
                    try await deployment.test.store.events(matching: EventFilter(), page: PageRequest()).items.first
                ).state
                await Task.yield()
            }
            #expect(state == .pending)
        }
    }

    @Test func `a waiting worker gets what arrives meanwhile`() async throws {
        try await serving(.events) { harness, client, bearer in
            async let waiting = lease(client, bearer, wait: 30)
            _ = try await harness.deployment.install(try harness.deployment.platform.id())
            #expect(try await waiting.events.map(\.type) == ["addon.installed"])
        }
    }

    @Test func `workers share the streams, and each event goes to one of them`() async throws {
        try await serving(.events) { harness, client, bearer in
            for number in 1...8 {
                _ = try await harness.deployment.install(
                    try harness.deployment.platform.id("ws\(number)", "i\(number)"))
            }
            let leases = try await withThrowingTaskGroup(of: LeaseJSON.self) { workers in
                for _ in 1...4 { workers.addTask { try await lease(client, bearer, max: 2) } }
                return try await workers.reduce(into: [LeaseJSON]()) { $0.append($1) }
            }
            let ids = leases.flatMap(\.events).map(\.id)
            #expect(ids.count == 8 && Set(ids).count == 8)
        }
    }

    @Test func `limits and scopes hold`() async throws {
        try await serving(.read) { _, client, bearer in
            for path in [
                "lease", "evt_0000000000001/ack", "evt_0000000000001/nack", "evt_0000000000001/replay", "replay",
            ] {
                let answer = try await client.ask(.post, "/api/v1/events/\(path)", bearer, body: "{}")
                #expect(answer.status == 403, "\(path)")
            }
        }
        try await serving(.events) { _, client, bearer in
            for (members, status) in [
                (#""addonKey":"other-addon""#, 404), (#""max":1"#, 400), (#""addonKey":"test-addon","max":0"#, 400),
                (#""addonKey":"test-addon","max":101"#, 400), (#""addonKey":"test-addon","waitSeconds":31"#, 400),
                (#""addonKey":"test-addon","leaseSeconds":0"#, 400), (#""addonKey":"test-addon""#, 200),
            ] {
                let answer = try await client.ask(.post, "/api/v1/events/lease", bearer, body: "{\(members)}")
                #expect(answer.status == status, "\(members)")
            }
        }
    }

    @Test func `a dead event is replayed by an admin, once`() async throws {
        try await serving(.admin) { harness, client, bearer in
            _ = try await harness.deployment.install(try harness.deployment.platform.id())
            let held = try await lease(client, bearer)
            let event = try #require(held.events.first?.id)
            let id = try #require(EventID(event))
            _ = try await harness.deployment.test.store.settle([
                Settlement(
                    event: id, change: .dead(.status(400)), lease: LeaseID(held.leaseId),
                    at: harness.deployment.clock.now)
            ])
            let shown = try await client.ask(.get, "/api/v1/events/\(event)", bearer)
            let detail = try JSONDecoder().decode(EventDetailJSON.self, from: Data(shown.body.utf8))
            #expect(detail.state == "dead" && detail.lastFailure == "HTTP 400" && detail.nextAttemptAt == nil)
            #expect(shown.body.contains(#""nextAttemptAt":null"#))
            #expect(try await client.ask(.post, "/api/v1/events/\(event)/replay", bearer).status == 204)
            #expect(try await lease(client, bearer).events.map(\.id) == [event])
            #expect(try await client.ask(.post, "/api/v1/events/\(event)/replay", bearer).status == 409)
            #expect(try await client.ask(.post, "/api/v1/events/evt_0000000000001/replay", bearer).status == 404)
        }
    }

    @Test func `dead events are replayed in bulk`() async throws {
        try await serving(.admin) { harness, client, bearer in
            for number in 1...3 {
                _ = try await harness.deployment.install(
                    try harness.deployment.platform.id("ws\(number)", "i\(number)"))
            }
            let held = try await lease(client, bearer, max: 3)
            let changes = try held.events.map { event in
                Settlement(
                    event: try #require(EventID(event.id)), change: .dead(.status(400)),
                    lease: LeaseID(held.leaseId), at: harness.deployment.clock.now)
            }
            _ = try await harness.deployment.test.store.settle(changes)
            let answer = try await client.ask(
                .post, "/api/v1/events/replay", bearer,
                body: #"{"addonKey":"test-addon","since":"2020-01-01T00:00:00Z"}"#)
            #expect(answer.body == #"{"after":null,"closed":0,"replayed":\#(held.events.count)}"#)
            for body in ["", "{}", #"{"all":false}"#, #"{"addonKey":null,"after":"\#(held.events[0].id)"}"#] {
                let refused = try await client.ask(.post, "/api/v1/events/replay", bearer, body: body)
                #expect(refused.status == 400 && refused.body.contains("all"), "\(body)")
            }
            #expect(try await client.ask(.post, "/api/v1/events/replay", bearer, body: #"{"all":true}"#).status == 200)
            for body in [#"{"since":"yesterday"}"#, #"{"after":"x"}"#, #"{"addonKey":""}"#] {
                #expect(try await client.ask(.post, "/api/v1/events/replay", bearer, body: body).status == 400)
            }
        }
    }
}

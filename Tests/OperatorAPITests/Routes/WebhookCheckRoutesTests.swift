import Foundation
import HTTPTypes
import Installations
import SQLiteStore
import Store
import TestSupport
import Testing

@testable import OperatorAPI

@Suite struct WebhookCheckRoutesTests {
    private static let uri = "/api/v1/webhooks/authenticate"

    private func json(_ signature: String, _ path: String, _ event: String, _ body: String) throws -> String {
        let check = WebhookCheckJSON(signature: signature, event: event, path: path, body: body)
        return String(decoding: try JSONEncoder().encode(check), as: UTF8.self)
    }

    @Test func `a genuine webhook is told whose it is, and nothing is stored`() async throws {
        let harness = try await Harness()
        let deployment = harness.deployment
        let id = try deployment.platform.id()
        _ = try await deployment.install(id)
        let waiting = deployment.test.store.waitingEvents
        let token = try deployment.platform.webhookToken(id, "/webhooks/time")
        let bearer = try await harness.bearer(.events)
        let body = try json(token, "/webhooks/time", "NEW_TIME_ENTRY", #"{"workspaceId":"ws1"}"#)
        let url = try json(token, "https://gateway.example//webhooks/time/?a=b", "NEW_TIME_ENTRY", "{}")
        try await harness.serving { (client) async throws in
            let expected =
                #"{"addonId":"inst1","addonKey":"test-addon","event":"NEW_TIME_ENTRY","genuine":true,"#
                + #""status":"ACTIVE","workspaceId":"ws1"}"#
            for asked in [body, body, url] {
                let answer = try await client.ask(.post, Self.uri, bearer, body: asked)
                #expect(answer.status == 200)
                #expect(answer.body == expected)
            }
        }
        #expect(deployment.test.store.waitingEvents == waiting)
    }

    @Test func `past the memory for bodies the answer is 503 before the body is read, and is not for short ones`()
        async throws
    {
        let harness = try await Harness()
        let bearer = try await harness.bearer(.events)
        var limits = OperatorLimits()
        limits.maxBodyBytesInFlight = 1 << 10
        try await harness.serving(limits: limits) { (client) async throws in
            let long = try json("x", "/", "NEW_TIME_ENTRY", String(repeating: "x", count: 1 << 10))
            let refused = try await client.ask(.post, Self.uri, bearer, body: long)
            #expect(refused.status == 503)
            #expect(refused.headers[.retryAfter] == "1")
            #expect(refused.body.contains(#""code":"busy""#))
            for _ in 0..<20 {
                let short = try json("x", "/", "NEW_TIME_ENTRY", "{}")
                #expect(try await client.ask(.post, Self.uri, bearer, body: short).status == 200)
            }
            #expect(try await client.ask(.get, Self.uri, bearer).status == 401)
        }
    }

    @Test func `whatever is wrong, the answer is the same and says no more`() async throws {
        let harness = try await Harness()
        let deployment = harness.deployment
        let (platform, id) = (deployment.platform, try deployment.platform.id())
        _ = try await deployment.install(id)
        let token = try platform.webhookToken(id, "/webhooks/time")
        let forged = try platform.token(id, salt: "first/webhooks/time", by: TestPlatform.stranger())
        let bearer = try await harness.bearer(.events)
        let asked = [
            try json(forged, "/webhooks/time", "NEW_TIME_ENTRY", "{}"),
            try json("", "/webhooks/time", "NEW_TIME_ENTRY", "{}"),
            try json(token, "/webhooks/project", "NEW_PROJECT", "{}"),
            try json(token, "/webhooks/nowhere", "NEW_TIME_ENTRY", "{}"),
            try json(token, "/lifecycle/installed", "NEW_TIME_ENTRY", "{}"),
            try json(token, "/webhooks/time", "NEW_PROJECT", "{}"),
            try json(token, "/webhooks/time", "NEW_TIME_ENTRY", #"{"workspaceId":"ws2"}"#),
            try json(token, "/webhooks/time", "NEW_TIME_ENTRY", "not JSON"),
            try json(try platform.token(id), "/webhooks/time", "NEW_TIME_ENTRY", "{}"),
            try json(try platform.token(try platform.id("ws2", "i")), "/webhooks/time", "NEW_TIME_ENTRY", "{}"),
        ]
        try await harness.serving { (client) async throws in
            for body in asked {
                let answer = try await client.ask(.post, Self.uri, bearer, body: body)
                #expect(answer.status == 200 && answer.body == #"{"genuine":false}"#, "\(body.suffix(80))")
            }
            _ = try await deployment.manager.forget(id, actor: .system)
            let ended = try json(token, "/webhooks/time", "NEW_TIME_ENTRY", "{}")
            #expect(try await client.ask(.post, Self.uri, bearer, body: ended).body == #"{"genuine":false}"#)
        }
    }

    @Test func `a gateway asks with headers, and the status is the answer`() async throws {
        let harness = try await Harness()
        let deployment = harness.deployment
        let id = try deployment.platform.id()
        _ = try await deployment.install(id)
        let token = try deployment.platform.webhookToken(id, "/webhooks/time")
        let bearer = try await harness.bearer(.events)
        func headers(_ more: (String, String)...) throws -> HTTPFields {
            var fields = bearer
            for (name, value) in more { fields.append(HTTPField(name: try #require(.init(name)), value: value)) }
            return fields
        }
        let signed = [("clockify-signature", token), ("clockify-webhook-event-type", "NEW_TIME_ENTRY")]
        let genuine = try headers(signed[0], signed[1], ("x-original-uri", "/webhooks/time?x=1"))
        let forwarded = try headers(signed[0], signed[1], ("x-forwarded-uri", "/webhooks/time"))
        let refused = [
            try headers(signed[0], signed[1]), try headers(signed[1], ("x-original-uri", "/webhooks/time")),
            try headers(signed[0], signed[0], signed[1], ("x-original-uri", "/webhooks/time")),
            try headers(signed[0], signed[1], ("x-original-uri", "/webhooks/project")),
            // A stranger adds the header that the gateway does not set.
            try headers(
                signed[0], signed[1], ("x-original-uri", "/webhooks/time"), ("x-forwarded-uri", "/webhooks/project")),
        ]
        try await harness.serving { (client) async throws in
            for (method, fields) in [(HTTPRequest.Method.get, genuine), (.post, genuine), (.get, forwarded)] {
                let answer = try await client.ask(method, Self.uri, fields)
                #expect(answer.status == 204 && answer.body.isEmpty)
                for (name, value) in [
                    ("innkeeper-addon-key", "test-addon"), ("innkeeper-workspace-id", "ws1"),
                    ("innkeeper-addon-id", "inst1"), ("innkeeper-installation-status", "ACTIVE"),
                    ("innkeeper-event-type", "NEW_TIME_ENTRY"),
                ] {
                    #expect(answer.headers[try #require(.init(name))] == value)
                }
            }
            #expect(try await client.ask(.post, Self.uri, genuine, body: #"{"workspaceId":"ws1"}"#).status == 204)
            #expect(try await client.ask(.post, Self.uri, genuine, body: #"{"workspaceId":"ws2"}"#).status == 401)
            for fields in refused {
                let answer = try await client.ask(.get, Self.uri, fields)
                #expect(answer.status == 401)
                #expect(
                    answer.body == #"{"error":{"code":"not_genuine","message":"this webhook is not genuine"}}"#)
                #expect(answer.headers[.wwwAuthenticate] == nil)
            }
        }
    }

    @Test func `what is not the route's JSON is 400`() async throws {
        let harness = try await Harness()
        let bearer = try await harness.bearer(.events)
        try await harness.serving { (client) async throws in
            #expect(try await client.ask(.post, Self.uri, bearer, body: "{}").status == 400)
            #expect(try await client.ask(.post, Self.uri, bearer, body: #"{"signature":1}"#).status == 400)
            let twice = #"{"signature":"a","signature":"b","event":"A","path":"/","body":""}"#
            #expect(try await client.ask(.post, Self.uri, bearer, body: twice).status == 400)
        }
    }
}

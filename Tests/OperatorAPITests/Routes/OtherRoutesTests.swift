import Foundation
import HTTPTypes
import Installations
import SQLiteStore
import Sealing
import Store
import TestSupport
import Testing

@testable import OperatorAPI

@Suite struct OtherRoutesTests {
    @Test func `an event's body comes back byte for byte, to an admin only`() async throws {
        let harness = try await Harness()
        let deployment = harness.deployment
        let id = try deployment.platform.id()
        _ = try await deployment.install(id)
        let token = try deployment.platform.webhookToken(id, "/webhooks/time")
        let body = "{ \"a\" : 1.50,\t\"b\":\"\\u00e9\" }\n"
        try await deployment.running { () async throws in _ = try await deployment.webhook(token, body: body) }
        let bearer = try await harness.bearer(.admin)
        try await harness.serving { (client) async throws in
            let list = try await client.ask(.get, "/api/v1/events?limit=1", bearer)
            let page = try JSONDecoder().decode(EventPageJSON.self, from: Data(list.body.utf8))
            let event = try #require(page.events.first)
            #expect(event.type == "NEW_TIME_ENTRY" && event.state == "pending" && event.attempts == 0)
            #expect(page.nextCursor != nil)
            let answer = try await client.ask(.get, "/api/v1/events/\(event.id)/body", bearer)
            #expect(answer.body == body)
            #expect(answer.headers[.contentType] == "application/octet-stream")
            #expect(try await client.ask(.get, "/api/v1/events/\(event.id)", bearer).status == 200)
            #expect(try await client.ask(.get, "/api/v1/events/evt_0000000000001", bearer).status == 404)
        }
    }

    @Test func `storage keys carry their census`() async throws {
        let harness = try await Harness()
        for number in 1...3 {
            _ = try await harness.deployment.install(try harness.deployment.platform.id("ws\(number)", "i"))
        }
        let bearer = try await harness.bearer(.read)
        try await harness.serving { (client) async throws in
            let answer = try await client.ask(.get, "/api/v1/keys", bearer)
            let keys = try JSONDecoder().decode([StorageKeyJSON].self, from: Data(answer.body.utf8))
            #expect(keys.map(\.state) == ["primary"])
            #expect(keys.first?.installations == 3)
        }
    }

    @Test func `long work on the keys has the same bounds, whichever it is`() async throws {
        let harness = try await Harness()
        let bearer = try await harness.bearer(.admin)
        try await harness.serving { (client) async throws in
            for work in ["rotate", "rewrap", "verify"] {
                for asked in [#""rate":-1"#, #""rate":1000001"#, #""sample":0"#, #""sample":1000001"#] {
                    let answer = try await client.ask(.post, "/api/v1/keys/\(work)", bearer, body: "{\(asked)}")
                    #expect(answer.status == 400, "\(work) \(asked)")
                }
            }
        }
    }

    @Test func `the audit log is listed and verified`() async throws {
        let harness = try await Harness()
        _ = try await harness.deployment.install(try harness.deployment.platform.id())
        let bearer = try await harness.bearer(.admin)
        try await harness.serving { (client) async throws in
            let list = try await client.ask(.get, "/api/v1/audit?limit=2", bearer)
            let page = try JSONDecoder().decode(AuditPageJSON.self, from: Data(list.body.utf8))
            #expect(page.records.map(\.action) == ["api-key.create", "installation.install"])
            let verdict = try await client.ask(.get, "/api/v1/audit/verify", bearer)
            let json = try JSONDecoder().decode(AuditVerdictJSON.self, from: Data(verdict.body.utf8))
            #expect(json.intact && json.records == 3 && json.head == page.records.first?.hash)
        }
    }

    @Test func `an API key is created, listed without its secret, and refused with unknown scopes`() async throws {
        let harness = try await Harness()
        let bearer = try await harness.bearer(.admin)
        try await harness.serving { (client) async throws in
            let made = try await client.ask(
                .post, "/api/v1/api-keys", bearer, body: #"{"name":"b","scopes":["read","events"]}"#)
            #expect(made.status == 201)
            let key = try JSONDecoder().decode(CreatedAPIKeyJSON.self, from: Data(made.body.utf8))
            let list = try await client.ask(.get, "/api/v1/api-keys", bearer)
            #expect(list.body.contains(key.id) && !list.body.contains(key.secret))
            for body in [
                #"{"name":"b","scopes":["root"]}"#, #"{"name":"","scopes":["read"]}"#, #"{"name":"b","scopes":[]}"#,
            ] {
                #expect(try await client.ask(.post, "/api/v1/api-keys", bearer, body: body).status == 400)
            }
        }
    }

    @Test func `the add-ons and the store's checks are there`() async throws {
        let harness = try await Harness()
        let bearer = try await harness.bearer(.admin)
        try await harness.serving { (client) async throws in
            #expect(try await client.ask(.get, "/api/v1/addons", bearer).body.contains(#""key":"test-addon""#))
            let doctor = try await client.ask(.get, "/api/v1/doctor", bearer)
            let report = try JSONDecoder().decode(DoctorJSON.self, from: Data(doctor.body.utf8))
            #expect(report.checks.allSatisfy { $0.status == "ok" })
            #expect(report.checks.map(\.name).contains("durability"))
        }
    }
}

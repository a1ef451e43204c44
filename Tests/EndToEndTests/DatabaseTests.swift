import Foundation
import PostgresSupport
import TestSupport
import Testing

/// A deployment in a PostgreSQL database (contract.md section 1).
@Suite(.enabled(if: TestDatabase.isAvailable), .timeLimit(.minutes(5)))
struct DatabaseTests {
    @Test func `everything is in the database, and another start finds it`() async throws {
        try await Deployment.with(inDatabase: true) { deployment in
            let (platform, tenant) = (deployment.platform, Tenant("ws1"))
            var server = try await deployment.serve()
            #expect(try await server.statuses([platform.install(tenant), platform.webhook(tenant)]) == [204, 204])
            #expect(try await deployment.run("keys", "rotate").status == 0)
            #expect(try await server.statuses([platform.webhook(tenant)]) == [204])
            #expect(await server.stop() == 0)
            #expect(!FileManager.default.fileExists(atPath: deployment.path + "/innkeeper.sqlite"))
            server = try await deployment.serve()
            #expect(try await server.statuses([platform.webhook(tenant), platform.uninstall(tenant)]) == [204, 204])
            #expect(try await server.statuses([platform.webhook(tenant)]) == [401])
            #expect(await server.stop() == 0)
            #expect(try await deployment.run("audit", "verify").status == 0)
            #expect(try await deployment.run("keys", "verify").status == 0)
        }
    }

    @Test func `init on a database that has a deployment is 7, says how to join it, and leaves nothing`() async throws {
        try await Deployment.with(inDatabase: true) { deployment in
            let path = deployment.directory.path + "/second"
            let url = try #require(deployment.database).url
            let outcome = try await Program.run(["init", "--store", url, "--data-dir", path])
            #expect(outcome.status == 7)
            #expect(outcome.errorText.contains("keys.dir"))
            #expect(!FileManager.default.fileExists(atPath: path))
        }
    }

    @Test func `a second server from one directory is 7`() async throws {
        try await Deployment.with(inDatabase: true) { deployment in
            let server = try await deployment.serve()
            let outcome = try await deployment.run("serve", "--ingress-bind", "127.0.0.1:0")
            #expect(outcome.status == 7, "\(outcome.errorText)")
            #expect(await server.stop() == 0)
        }
    }

    @Test func `a server that was started anew is found again, and no call is lost`() async throws {
        try await Deployment.with(inDatabase: true) { deployment in
            let (platform, tenant) = (deployment.platform, Tenant("ws1"))
            let server = try await deployment.serve()
            #expect(try await server.statuses([platform.install(tenant)]) == [204])
            var accepted = 1
            for _ in 1...5 {
                try deployment.database?.cutConnections()
                let statuses = try await server.statuses([platform.webhook(tenant), platform.webhook(tenant)])
                #expect(statuses.allSatisfy { [204, 503].contains($0) })
                accepted += statuses.count { $0 == 204 }
            }
            #expect(accepted > 1)
            #expect(await server.stop() == 0)
            let listed = try await deployment.text("events", "list", "-o", "jsonl", "--limit", "100")
            #expect(listed.split(separator: "\n").count == accepted)
        }
    }

    @Test func `a database that does not answer is 69, in words that hold no password`() async throws {
        try await Deployment.with(inDatabase: true) { deployment in
            let away = ["INNKEEPER_STORE": "postgres://u:hunter2@127.0.0.1:1/d"]
            let served = try await deployment.run("serve", environment: away)
            #expect(served.status == 69)
            #expect(served.errorText.contains("does not answer"))
            let doctor = try await deployment.run("doctor", environment: away)
            #expect(doctor.status != 0)
            for outcome in [served, doctor] { #expect(!(outcome.text + outcome.errorText).contains("hunter2")) }
        }
    }

    @Test func `a password in a flag is 2`() async throws {
        let outcome = try await Program.run(["init", "--store", "postgres://u:hunter2@127.0.0.1/d"])
        #expect(outcome.status == 2)
        #expect(!outcome.errorText.contains("hunter2"))
    }
}

import Foundation
import Glibc
import OperatorAPI
import Testing

/// The storage key changes while everything else goes on.
@Suite(.timeLimit(.minutes(5)))
struct RotationTests {
    private struct Report: Decodable {
        let from: String
        let to: String
        let installations: Int
        let rewrapped: Int
        let corrupt: Int
        let verified: Int
    }

    private func states(_ deployment: Deployment) async throws -> [String: String] {
        let keys: [StorageKeyJSON] = try await deployment.json("keys", "list")
        return Dictionary(keys.map { ($0.id, $0.state) }, uniquingKeysWith: { first, _ in first })
    }

    @Test func `a rotation while serving moves every installation, and webhooks go on`() async throws {
        try await Deployment.with { (deployment) async throws in
            let platform = deployment.platform
            let server = try await deployment.serve()
            let tenants = (0..<40).map { Tenant("ws\($0)") }
            _ = try await server.statuses(try tenants.map { try platform.install($0) })

            let dry: Report = try await deployment.json("keys", "rotate", "--dry-run")
            #expect(dry.installations == 40 && dry.rewrapped == 0)
            #expect(try await states(deployment) == [deployment.made.storageKey: "primary"])

            async let webhooks = server.statuses(try tenants.map { try platform.webhook($0) })
            let report: Report = try await deployment.json("keys", "rotate", "--rate", "0")
            #expect(try await webhooks.allSatisfy { $0 == 204 })
            #expect(report.from == deployment.made.storageKey && report.to != report.from)
            #expect(report.rewrapped == 40 && report.corrupt == 0 && report.verified == 40)
            #expect(try await states(deployment) == [report.from: "disabled", report.to: "primary"])

            #expect(try await deployment.run("keys", "destroy", report.from, "--confirm", report.from).status == 7)
            let destroyed = try await deployment.run("keys", "destroy", report.from, "--confirm", report.from, "--now")
            #expect(destroyed.status == 0)
            #expect(!FileManager.default.fileExists(atPath: deployment.keyFile))
            let again = try await server.statuses(try tenants.map { try platform.webhook($0) })
            #expect(again.allSatisfy { $0 == 204 })
            #expect(await server.stop() == 0)
            #expect(try await deployment.run("keys", "verify").status == 0)
            #expect(try await deployment.run("audit", "verify").status == 0)
        }
    }

    @Test func `a rotation killed at any moment goes on when it is run again`() async throws {
        try await Deployment.with { (deployment) async throws in
            let platform = deployment.platform
            var server = try await deployment.serve()
            let tenants = (0..<30).map { Tenant("ws\($0)") }
            _ = try await server.statuses(try tenants.map { try platform.install($0) })
            for round in 0..<4 {
                // A key of its own each time: a rotation that has just finished is not begun anew.
                _ = try await deployment.text("keys", "add")
                // Slow, so that the kill hits the work.
                let rotation = try deployment.start(["keys", "rotate", "--rate", "10"])
                #expect(try await holds { try await states(deployment).values.contains("retiring") })
                await (round % 2 == 0 ? server.child : rotation).end()
                if round % 2 == 0 {
                    await rotation.end()
                    server = try await deployment.serve()
                }
                #expect(try await states(deployment).values.count { $0 == "primary" } == 1)
                let report: Report = try await deployment.json("keys", "rotate", "--rate", "0")
                #expect(report.corrupt == 0 && report.verified == 30)
                #expect(try await !states(deployment).values.contains("retiring"))
                let answers = try await server.statuses(try tenants.map { try platform.webhook($0) })
                #expect(answers.allSatisfy { $0 == 204 })
            }
            #expect(await server.stop() == 0)
        }
    }

    @Test func `what a key's state forbids is a conflict, and an unknown key is not found`() async throws {
        try await Deployment.with { (deployment) async throws in
            let key = deployment.made.storageKey
            #expect(try await deployment.run("keys", "retire", key).status == 7)
            #expect(try await deployment.run("keys", "destroy", key, "--confirm", key, "--now").status == 7)
            #expect(try await deployment.run("keys", "destroy", key, "--confirm", "other").status == 2)
            #expect(try await deployment.run("keys", "promote", "0123456789abcdef").status == 3)
            #expect(try await deployment.run("keys", "promote", key).status == 0)
            #expect(try await deployment.run("keys", "rewrap").status == 0)
            #expect(try await deployment.text("audit", "list", "--limit", "1").contains("storage-key.rewrap"))
            #expect(try await states(deployment) == [key: "primary"])
        }
    }
}

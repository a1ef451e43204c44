import Foundation
import Marketplace
import PostgresSupport
import TestSupport
import Testing

/// Many processes over one database, each with a data directory of its own.
@Suite(.enabled(if: TestDatabase.isAvailable), .timeLimit(.minutes(5)))
struct InstancesTests {
    private func instances(_ deployment: Deployment, sharingKeys: Bool = true) async throws -> [Server] {
        var servers: [Server] = []
        let keys = sharingKeys ? ["INNKEEPER_KEYS_DIR": deployment.path + "/keys"] : [:]
        for copy in [nil, try deployment.copy(), try deployment.copy()] {
            servers.append(try await deployment.serve(environment: keys, in: copy))
        }
        return servers
    }

    private func stop(_ servers: [Server]) async { for server in servers { #expect(await server.stop() == 0) } }

    @Test func `what one answers is in force at all others at once`() async throws {
        try await Deployment.with(inDatabase: true) { deployment in
            let (platform, servers) = (deployment.platform, try await instances(deployment))
            for number in 1...5 {
                let tenant = Tenant("ws\(number)")
                #expect(try await servers[0].statuses([platform.install(tenant)]) == [204])
                for server in servers { #expect(try await server.statuses([platform.webhook(tenant)]) == [204]) }
                #expect(try await servers[number % 3].statuses([platform.uninstall(tenant)]) == [204])
                for server in servers { #expect(try await server.statuses([platform.webhook(tenant)]) == [401]) }
            }
            await stop(servers)
            #expect(try await deployment.run("audit", "verify").status == 0)
        }
    }

    @Test func `every event is pushed once and in the order of its installation, wherever it came in`() async throws {
        try await Deployment.with(inDatabase: true) { deployment in
            try await deployment.receiving { backend in
                try deployment.forward(to: backend.url)
                let (platform, servers) = (deployment.platform, try await instances(deployment))
                let tenants = (1...6).map { Tenant("ws\($0)") }
                for tenant in tenants { #expect(try await servers[0].statuses([platform.install(tenant)]) == [204]) }
                for round in 0..<12 {
                    for (index, tenant) in tenants.enumerated() {
                        let server = servers[(round + index) % 3]
                        #expect(try await server.statuses([platform.webhook(tenant)]) == [204])
                    }
                }
                for tenant in tenants { #expect(try await servers[2].statuses([platform.uninstall(tenant)]) == [204]) }
                #expect(
                    try await holds {
                        try await deployment.text("events", "list", "--state", "pending", "-o", "jsonl").isEmpty
                    })
                let lines = backend.child.output.text.split(separator: "\n").dropFirst()
                #expect(lines.count == 6 * 14)
                for tenant in tenants {
                    let words = lines.filter { $0.contains("of workspace \(tenant.workspace),") }
                        .map { String($0.prefix { $0 != " " }) }
                    #expect(words.first == "addon.installed" && words.last == "addon.deleted")
                    #expect(words.count == 14)
                }
                await stop(servers)
            }
        }
    }

    @Test func `a worker that waits at one is given what comes in at another`() async throws {
        try await Deployment.with(inDatabase: true) { deployment in
            let (platform, servers) = (deployment.platform, try await instances(deployment))
            let tenant = Tenant("ws1")
            let addon = platform.manifest.key.text
            let path = "/api/v1/events/lease"
            let body = #"{"addonKey":"\#(addon)","max":1,"waitSeconds":20,"leaseSeconds":60}"#
            for round in 0..<3 {
                async let leased = servers[1].ask("POST", path, key: deployment.key, body: body)
                // Whenever it comes: while the worker waits, or before.
                let request = round == 0 ? try platform.install(tenant) : try platform.webhook(tenant)
                #expect(try await servers[0].statuses([request]) == [204])
                let answer = try await leased
                #expect(answer.status == 200)
                let lease = try JSONDecoder().decode(Lease.self, from: Data(answer.body))
                let event = try #require(lease.events.first)
                // Settled elsewhere than it was leased.
                let settled = try await servers[2].ask(
                    "POST", "/api/v1/events/\(event.id)/ack", key: deployment.key,
                    body: #"{"leaseId":"\#(lease.leaseId)"}"#)
                #expect(settled.status == 204)
            }
            await stop(servers)
        }
    }

    private struct Lease: Decodable {
        struct Event: Decodable { let id: String }
        let leaseId: String
        let events: [Event]
    }

    @Test func `a rotation goes over all, and each goes on`() async throws {
        try await Deployment.with(inDatabase: true) { deployment in
            let (platform, servers) = (deployment.platform, try await instances(deployment))
            let tenants = (1...4).map { Tenant("ws\($0)") }
            for tenant in tenants { #expect(try await servers[0].statuses([platform.install(tenant)]) == [204]) }
            for server in servers { #expect(try await server.statuses([platform.webhook(tenants[0])]) == [204]) }
            let rotated = try await deployment.run("keys", "rotate")
            #expect(rotated.status == 0, "\(rotated.errorText)")
            for (index, server) in servers.enumerated() {
                let new = Tenant("new\(index)")
                let requests = try [platform.webhook(tenants[index]), platform.install(new), platform.webhook(new)]
                #expect(try await server.statuses(requests) == [204, 204, 204])
            }
            await stop(servers)
        }
    }

    @Test func `without a shared directory a rotation says which file goes where, and goes on when it is there`()
        async throws
    {
        try await Deployment.with(inDatabase: true) { deployment in
            let platform = deployment.platform
            let copy = try deployment.copy()
            let servers = [try await deployment.serve(), try await deployment.serve(in: copy)]
            #expect(try await servers[0].statuses([platform.install(Tenant("ws1"))]) == [204])
            let refused = try await deployment.run("keys", "rotate")
            #expect(refused.status == 7)
            let name = try #require(refused.errorText.firstMatch(of: #/[0-9a-f]{16}\.key/#)?.output)
            #expect(refused.errorText.contains("process \(servers[1].child.id)"))
            try FileManager.default.copyItem(
                atPath: "\(deployment.path)/keys/\(name)", toPath: "\(copy)/keys/\(name)")
            #expect(try await deployment.run("keys", "rotate").status == 0)
            #expect(try await servers[1].statuses([platform.webhook(Tenant("ws1"))]) == [204])
            #expect(try await servers[1].statuses([platform.install(Tenant("ws2"))]) == [204])
            await stop(servers)
        }
    }

    @Test func `whatever the clocks say, installed stands first and deleted last`() async throws {
        try await Deployment.with(inDatabase: true) { deployment in
            let (platform, clock, tenant) = (deployment.platform, try await MovableClock(), Tenant("ws1"))
            try clock.set(ahead: 86_400)
            let ahead = try await deployment.serve(by: clock.launcher, in: try deployment.copy())
            let right = try await deployment.serve()
            #expect(try await ahead.statuses([platform.install(tenant)]) == [204])
            for _ in 1...3 {
                #expect(try await ahead.statuses([platform.webhook(tenant)]) == [204])
                #expect(try await right.statuses([platform.webhook(tenant)]) == [204])
            }
            #expect(try await right.statuses([platform.uninstall(tenant)]) == [204])
            let listed = try await deployment.text("events", "list", "-o", "jsonl")
            let types = listed.split(separator: "\n").compactMap { $0.firstMatch(of: #/"type":"([^"]+)"/#)?.1 }
            #expect(types.count == 8 && types.first == "addon.deleted" && types.last == "addon.installed")
            let doctor = try await deployment.run("doctor")
            #expect(doctor.status == 5)
            #expect(doctor.text.contains("seconds ahead of the database's"))
            await stop([ahead, right])
        }
    }

    @Test func `what an operator replays without a server of his own is delivered by those who serve`() async throws {
        try await Deployment.with(inDatabase: true) { deployment in
            try await deployment.receiving { backend in
                try deployment.forward(to: backend.url)
                let copy = try deployment.copy()
                let server = try await deployment.serve(in: copy)
                #expect(try await server.statuses([deployment.platform.install(Tenant("ws1"))]) == [204])
                #expect(await holds { backend.child.output.text.contains("addon.installed") })
                let forgotten = try await deployment.run(
                    "installations", "forget", "ws1", "inst-ws1", "--confirm", "inst-ws1")
                #expect(forgotten.status == 0, "\(forgotten.errorText)")
                #expect(await holds { backend.child.output.text.contains("addon.deleted") })
                #expect(await server.stop() == 0)
            }
        }
    }

    @Test func `doctor tells of instances that differ`() async throws {
        try await Deployment.with(inDatabase: true) { deployment in
            let copy = try deployment.copy()
            try #"{"inbox":{"maxEvents":17}}"#.write(
                toFile: copy + "/innkeeper.json", atomically: false, encoding: .utf8)
            let servers = [try await deployment.serve(), try await deployment.serve(in: copy)]
            let doctor = try await deployment.run("doctor")
            #expect(doctor.status == 5)
            #expect(doctor.text.contains("settings differ between"))
            await stop(servers)
        }
    }
}

import Glibc
import OperatorAPI
import Synchronization
import Testing

/// What was answered with 204 is there after a crash (contract.md section 2: durably committed before the answer).
@Suite(.timeLimit(.minutes(5)))
struct CrashTests {
    /// One acknowledged webhook. No workspace sends an event twice, so this names it.
    private struct Sent: Hashable {
        let workspace: String
        let event: String
    }

    /// What the server has acknowledged so far, and when to stop it.
    private final class Ledger: Sendable {
        private struct State {
            var installs: Set<Tenant> = []
            var webhooks: Set<Sent> = []
        }
        private let state = Mutex(State())
        let limit: Int

        init(limit: Int) { self.limit = limit }

        var installs: Set<Tenant> { state.withLock { $0.installs } }
        var webhooks: Set<Sent> { state.withLock { $0.webhooks } }
        var isFull: Bool { state.withLock { $0.webhooks.count >= limit } }
        func acknowledge(_ tenant: Tenant) { state.withLock { _ = $0.installs.insert(tenant) } }
        func acknowledge(_ sent: Sent) { state.withLock { _ = $0.webhooks.insert(sent) } }
    }

    @Test func `after kill -9 every acknowledged install and webhook is there`() async throws {
        try await Deployment.with([ManifestText.make(webhooks: ManifestText.allEvents)]) { deployment in
            var server = try await deployment.serve()
            var webhooks: Set<Sent> = []
            for round in 1...5 {
                // Killed at another point of the work each time, with requests under way on every connection.
                let ledger = Ledger(limit: 40 * round)
                await send(round, to: server, ledger, deployment.platform)
                await server.child.end()
                #expect(ledger.webhooks.count >= ledger.limit)
                webhooks.formUnion(ledger.webhooks)

                server = try await deployment.serve()
                try await check(ledger, server, deployment)
                let missing = webhooks.subtracting(try await listed(deployment))
                #expect(missing.isEmpty, "round \(round): \(missing.count) of \(webhooks.count)")
                #expect(try await deployment.run("audit", "verify").status == 0)
            }
            #expect(await server.stop() == 0)
        }
    }

    /// Four clients, each with workspaces of its own: an install, then all its webhooks, until the server is killed.
    private func send(_ round: Int, to server: Server, _ ledger: Ledger, _ platform: Platform) async {
        await withTaskGroup { group in
            for client in 0..<4 {
                group.addTask {
                    do {
                        let connection = try await Connection.open(port: server.ingress)
                        for number in 0... {
                            let tenant = Tenant("ws-\(round)-\(client)-\(number)")
                            guard try await is204(try platform.install(tenant), connection) else { return }
                            ledger.acknowledge(tenant)
                            for (event, path) in ManifestText.allEvents.prefix(12) {
                                let webhook = try platform.webhook(tenant, path: path, event: event)
                                guard try await is204(webhook, connection) else { return }
                                ledger.acknowledge(Sent(workspace: tenant.workspace, event: event))
                                if ledger.isFull { server.child.send(SIGKILL) }
                            }
                        }
                    } catch is Connection.Failure {
                        return  // The server is gone.
                    } catch {
                        Issue.record(error)
                    }
                }
            }
        }
    }

    private func is204(_ request: Request, _ connection: Connection) async throws -> Bool {
        try await connection.send(request.bytes)
        let status = try await connection.answer().status
        #expect(status == 204)
        return status == 204
    }

    /// Every acknowledged install is ACTIVE, its API token is given out, and its webhook token opens the door.
    private func check(_ ledger: Ledger, _ server: Server, _ deployment: Deployment) async throws {
        let platform = deployment.platform
        let list = try await deployment.text("installations", "list", "-o", "jsonl")
        for tenant in ledger.installs {
            let line = list.split(separator: "\n").first { $0.contains(#""\#(tenant.addon)""#) }
            #expect(line?.contains(#""status":"ACTIVE""#) == true, "\(tenant)")
            let (event, path) = try #require(ManifestText.allEvents.last)
            #expect(try await server.send(try platform.webhook(tenant, path: path, event: event)).status == 204)
        }
        // Readings of tokens are limited per key, so not all of them.
        for tenant in ledger.installs.prefix(10) {
            let target = "/api/v1/installations/test-addon/\(tenant.workspace)/\(tenant.addon)/token"
            let answer = try await server.ask("POST", target, key: deployment.key, body: "{}")
            #expect(answer.text.contains(try platform.installationToken(tenant)))
        }
    }

    private func listed(_ deployment: Deployment) async throws -> Set<Sent> {
        var sent: Set<Sent> = []
        var cursor: [String] = []
        while true {
            let outcome = try await deployment.run(["events", "list", "-o", "json", "--limit", "500"] + cursor)
            let page = try EventPageJSON.read(outcome)
            sent.formUnion(page.events.map { Sent(workspace: $0.workspaceId, event: $0.type) })
            guard let next = page.nextCursor else { return sent }
            cursor = ["--cursor", next]
        }
    }
}

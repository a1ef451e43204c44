import Foundation
import Glibc
import OperatorAPI
import Synchronization
import Testing

/// `serve` from its ready line to its end (contract.md sections 1 and 4).
@Suite(.timeLimit(.minutes(5)))
struct ShutdownTests {
    @Test(arguments: [SIGTERM, SIGINT, SIGQUIT])
    func `serve prints one line and ends with 0 and without its socket`(signal: Int32) async throws {
        try await Deployment.with { deployment in
            let server = try await deployment.serve()
            let socket = deployment.path + "/innkeeper.sock"
            #expect(await holds { FileManager.default.fileExists(atPath: socket) })
            server.child.send(signal)
            let outcome = await server.child.outcome()
            #expect(outcome.status == 0, "\(outcome.errorText)")
            let line = #/innkeeper ready ingress=http://127\.0\.0\.1:[1-9]\d* operator=http://127\.0\.0\.1:[1-9]\d*\n/#
            #expect(outcome.text.wholeMatch(of: line) != nil, "\(outcome.text)")
            #expect(!FileManager.default.fileExists(atPath: socket))
        }
    }

    @Test func `hanging up and user signals end nothing`() async throws {
        try await Deployment.with { deployment in
            let server = try await deployment.serve()
            for signal in [SIGHUP, SIGUSR1, SIGUSR2] {
                server.child.send(signal)
                #expect(try await server.send(.get("/healthz")).status == 200)
            }
            #expect(await server.stop() == 0)
        }
    }

    @Test func `SIGTERM does not wait for half a head, only for who is owed an answer`() async throws {
        try await Deployment.with { deployment in
            let server = try await deployment.serve()
            _ = try await server.send(try deployment.platform.install(Tenant("ws1")))
            let request = try deployment.platform.webhook(Tenant("ws1"))
            let genuine = try await Connection.open(port: server.ingress)
            try await genuine.send(request.adding("Expect", "100-continue").head(length: request.body.count))
            #expect(try await genuine.answer().status == 100)
            var strangers: [Connection] = []
            for head in ["P", "POST /x HTTP/1.1\r\nHost: a\r\nX-Long: a"] {
                let stranger = try await Connection.open(port: server.ingress)
                try await stranger.send(head)
                strangers.append(stranger)
            }
            // Its answer says that what came before has been read.
            #expect(try await server.send(.get("/healthz")).status == 200)
            server.child.send(SIGTERM)
            for stranger in strangers { #expect(try await stranger.rest() == []) }
            // Kept until they are gone: after the time for draining nobody would be answered any more.
            try await genuine.send(request.body)
            #expect(try await genuine.answer().status == 204)
            #expect(await server.child.status() == 0)
        }
    }

    @Test func `requests under way at SIGTERM are finished and what they brought is kept`() async throws {
        try await Deployment.with { deployment in
            let (platform, tenant) = (deployment.platform, Tenant("ws1"))
            let server = try await deployment.serve()
            _ = try await server.send(try platform.install(tenant))
            // "100 Continue" says that the server has taken the head in; the body comes when it is stopping already.
            let requests = [
                try platform.webhook(tenant), try platform.install(Tenant("ws2")),
                try platform.status(tenant, "INACTIVE"),
            ]
            var connections: [Connection] = []
            for request in requests {
                let connection = try await Connection.open(port: server.ingress)
                try await connection.send(request.adding("Expect", "100-continue").head(length: request.body.count))
                #expect(try await connection.answer().status == 100)
                connections.append(connection)
            }
            server.child.send(SIGTERM)
            #expect(try await isClosed(server.ingress), "no new connection is taken")
            for (connection, request) in zip(connections, requests) {
                try await connection.send(request.body)
                let answer = try await connection.answer()
                #expect(answer.status == 204 && answer.fields["connection"] == "close")
                #expect(try await connection.rest() == [])
            }
            #expect(await server.child.status() == 0)

            let page = try await deployment.json("events", "list", as: EventPageJSON.self)
            #expect(
                Set(page.events.map { $0.type + " " + $0.workspaceId }) == [
                    "NEW_TIME_ENTRY ws1", "addon.installed ws1", "addon.installed ws2", "addon.status_changed ws1",
                ])
        }
    }

    @Test func `nothing acknowledged is lost by SIGTERM under load`() async throws {
        try await Deployment.with { deployment in
            let platform = deployment.platform
            let server = try await deployment.serve()
            let acknowledged = Counter()
            await withTaskGroup { group in
                for client in 0..<4 {
                    group.addTask {
                        do {
                            let tenant = Tenant("ws\(client)")
                            let connection = try await Connection.open(port: server.ingress)
                            try await connection.send(try platform.install(tenant).bytes)
                            var answer = try await connection.answer()
                            let webhook = try platform.webhook(tenant).bytes
                            while true {
                                #expect(answer.status == 204)
                                if acknowledged.increment() == 200 { server.child.send(SIGTERM) }
                                if answer.fields["connection"] == "close" { return }
                                try await connection.send(webhook)
                                answer = try await connection.answer()
                            }
                        } catch is Connection.Failure {
                            return  // Closed between two requests.
                        } catch {
                            Issue.record(error)
                        }
                    }
                }
            }
            #expect(await server.child.status() == 0)
            let lines = try await deployment.text("events", "list", "-o", "jsonl").split(separator: "\n")
            #expect(acknowledged.count >= 200 && lines.count >= acknowledged.count)
        }
    }

    @Test func `a server that was killed leaves nothing in the way of the next one`() async throws {
        try await Deployment.with { deployment in
            let first = try await deployment.serve()
            await first.child.end()
            #expect(try await deployment.run("keys", "list").status == 0, "the dead socket is passed over")
            let second = try await deployment.serve()
            #expect(try await deployment.run("keys", "list").status == 0)
            #expect(await second.stop() == 0)
        }
    }

    private final class Counter: Sendable {
        private let value = Mutex(0)

        var count: Int { value.withLock { $0 } }

        func increment() -> Int {
            value.withLock { value in
                value += 1
                return value
            }
        }
    }

    private func isClosed(_ port: UInt16) async throws -> Bool {
        try await holds {
            do {
                _ = try await Connection.open(port: port)
                return false
            } catch let failure as Connection.Failure where failure.errno == ECONNREFUSED {
                return true
            } catch let failure as Connection.Failure where failure.errno == ECONNRESET {
                return false  // It was in the kernel's queue when the listener closed; the next one is refused.
            }
        }
    }
}

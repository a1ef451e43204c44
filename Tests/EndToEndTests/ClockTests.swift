import Foundation
import OperatorAPI
import TestSupport
import Testing

/// The wall clock is set while the program runs, as an operator or a time server does.
@Suite(.timeLimit(.minutes(5)))
struct ClockTests {
    private static let steps: [Int64] = [3_600, 86_400, 400 * 86_400]

    private struct Leased: Decodable {
        struct Event: Decodable {
            let id: String
            let workspaceId: String
        }
        let leaseId: String
        let events: [Event]
    }

    /// Leases what may be leased now, for a second.
    private func lease(_ deployment: Deployment, _ server: Server) async throws -> Leased {
        let answer = try await server.ask(
            "POST", "/api/v1/events/lease", key: deployment.key,
            body: #"{"addonKey":"test-addon","max":10,"leaseSeconds":1}"#)
        guard answer.status == 200 else { throw Unexpected("\(answer.status) for a lease") }
        return try JSONDecoder().decode(Leased.self, from: Data(answer.body))
    }

    /// Whether as many events can be leased soon: a lease of a second and a look each second.
    private func isLeasable(_ count: Int, _ deployment: Deployment, _ server: Server) async throws -> Bool {
        var seen: Set<String> = []
        return try await holds {
            seen.formUnion(try await lease(deployment, server).events.map(\.workspaceId))
            return seen.count == count
        }
    }

    private func clock(_ deployment: Deployment) async throws -> CheckJSON {
        let outcome = try await deployment.run("doctor", "-o", "json")
        let report = try JSONDecoder().decode(DoctorJSON.self, from: Data(outcome.output))
        return try #require(report.checks.first { $0.name == "clock" })
    }

    @Test(arguments: Self.steps)
    func `a lease ends in its time after the clock was put back, also over a restart, and doctor says so`(
        step: Int64
    ) async throws {
        let clock = try await MovableClock()
        try await Deployment.with(by: clock.launcher) { deployment in
            var server = try await deployment.serve()
            let tenants = [Tenant("ws1"), Tenant("ws2")]
            for tenant in tenants {
                #expect(try await server.send(try deployment.platform.install(tenant)).status == 204)
            }
            #expect(try await self.clock(deployment).status == "ok")
            #expect(try await isLeasable(2, deployment, server))

            // Put back by mistake, and put right again.
            try clock.set(ahead: -step)
            #expect(try await isLeasable(2, deployment, server))
            #expect(try await self.clock(deployment).status == "warn")
            try clock.set(ahead: 0)
            #expect(try await isLeasable(2, deployment, server))

            // Ahead for a while, and put right while the server runs.
            try clock.set(ahead: step)
            #expect(try await server.send(try deployment.platform.webhook(tenants[0])).status == 204)
            #expect(try await isLeasable(2, deployment, server))
            try clock.set(ahead: 0)
            #expect(try await isLeasable(2, deployment, server))
            let finding = try await self.clock(deployment)
            #expect(finding.status == "warn" && finding.message.contains("it was put back from"), "\(finding.message)")

            // And over a restart.
            try clock.set(ahead: step)
            #expect(try await isLeasable(2, deployment, server))
            #expect(await server.stop() == 0)
            try clock.set(ahead: 0)
            server = try await deployment.serve()
            #expect(try await server.send(try deployment.platform.webhook(tenants[1])).status == 204)
            #expect(try await self.clock(deployment).status == "warn", "one new event does not silence it")
            #expect(try await isLeasable(2, deployment, server))

            var delivered: [String] = []
            #expect(
                try await holds {
                    let leased = try await lease(deployment, server)
                    for event in leased.events {
                        let answer = try await server.ask(
                            "POST", "/api/v1/events/\(event.id)/ack", key: deployment.key,
                            body: #"{"leaseId":"\#(leased.leaseId)"}"#)
                        if answer.status == 204 { delivered.append(event.id) }
                    }
                    return delivered.count == 4
                })
            #expect(await server.stop() == 0)
        }
    }

    @Test(arguments: Self.steps)
    func `a target that is back is reached within seconds, though the clock was put back while it was down`(
        step: Int64
    ) async throws {
        let clock = try await MovableClock()
        try await Deployment.with(by: clock.launcher) { deployment in
            let mended = deployment.directory.path + "/mended"
            let target = try Child(
                try Backend.python(), ["-c", Self.target, mended], environment: ["PATH": "/usr/bin:/bin"])
            let port = try #require(await target.output.firstLine())
            try deployment.forward(to: "http://127.0.0.1:\(port)/")
            let server = try await deployment.serve()
            func install(_ numbers: ClosedRange<Int>) async throws {
                for number in numbers {
                    let answer = try await server.send(try deployment.platform.install(Tenant("ws\(number)")))
                    #expect(answer.status == 204)
                }
            }
            func received() -> Set<Substring> { Set(target.output.text.split(separator: "\n").dropFirst()) }
            try await install(1...8)
            #expect(await holds { server.child.errors.text.contains("the target fails; deliveries pause") })
            try clock.set(ahead: -step)
            try Data().write(to: URL(filePath: mended))
            #expect(await holds { received().count == 8 })
            // New installations as well, and after the clock is put right.
            try clock.set(ahead: 0)
            try await install(9...10)
            #expect(await holds { received().count == 10 })
            #expect(await server.stop() == 0)
            await target.end()
        }
    }

    /// Prints its port, refuses every connection until a file is there, then prints the workspace of each request.
    private static let target = """
        import os, sys, time
        from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
        class Target(BaseHTTPRequestHandler):
            def do_POST(self):
                self.rfile.read(int(self.headers.get("content-length", 0)))
                print(self.headers["innkeeper-workspace-id"], flush=True)
                self.send_response(204)
                self.end_headers()
            def log_message(self, *arguments):
                pass
        server = ThreadingHTTPServer(("127.0.0.1", 0), Target, bind_and_activate=False)
        server.server_bind()
        print(server.server_port, flush=True)
        while not os.path.exists(sys.argv[1]):
            time.sleep(0.05)
        server.server_activate()
        server.serve_forever()
        """
}

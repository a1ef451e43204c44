import Foundation
import Glibc
import TestSupport
import Testing

/// What strangers must not be able to take: descriptors, the log's attention, memory (contract.md section 1). The short
/// form of scripts/prove/stranger, without its figures.
@Suite(.timeLimit(.minutes(5)))
struct StrangerTests {
    private static let tenant = Tenant("ws1")

    /// Starts a command that may open so many files.
    private static func launcher(files: Int) -> [String] {
        // Less what tests beside this one happen to hold open, which a child of theirs inherits.
        let closing = #"for f in /proc/$$/fd/*; do n=${f##*/}; [ "$n" -le 2 ] || eval "exec $n>&-"; done"#
        return ["/bin/bash", "-c", closing + #"; ulimit -n \#(files); exec "$0" "$@""#]
    }

    @Test(arguments: [128, 256, 1024])
    func `silent and trickling sockets keep nobody out of either listener`(files: Int) async throws {
        try await Deployment.with(by: Self.launcher(files: files)) { deployment in
            let server = try await deployment.serve()
            #expect(try await server.send(try deployment.platform.install(Self.tenant)).status == 204)
            var strangers: [Connection] = []
            for number in 0..<300 {
                for port in [server.ingress, server.operators] {
                    let stranger = try await Connection.open(port: port)
                    // One that has given way already is none of this test's business.
                    if number % 2 == 0 { try? await stranger.send("POST /x HTTP/1.1\r\nHost: a\r\nX-Long: a") }
                    strangers.append(stranger)
                }
            }
            for _ in 0..<20 {
                #expect(try await server.send(try deployment.platform.webhook(Self.tenant)).status == 204)
                #expect(try await server.send(.get("/healthz")).status == 200)
                #expect(try await server.ask("/healthz").status == 200)
                #expect(try await server.ask("/readyz").status == 200)
            }
            #expect(strangers.count == 600)
            #expect(await server.stop() == 0)
        }
    }

    @Test func `the limit of a service is too low for the default, which log and doctor say`() async throws {
        try await Deployment.with(by: Self.launcher(files: 1024)) { deployment in
            let server = try await deployment.serve(["--log-format", "text"])
            let doctor = try await deployment.run("doctor")
            #expect(doctor.status == 5)
            #expect(doctor.text.contains("file descriptors") && doctor.text.contains("LimitNOFILE="))
            #expect(server.child.errors.text.contains("1024 file descriptors are enough for"))
            #expect(await server.stop() == 0)
        }
    }

    @Test func `the soft limit is raised to the hard one`() async throws {
        try await Deployment.with(by: ["/bin/sh", "-c", #"ulimit -Sn 200; exec "$0" "$@""#]) { deployment in
            let server = try await deployment.serve()
            let line = try await server.ask("/metrics").text.split(separator: "\n").first {
                $0.hasPrefix("process_max_fds ")
            }
            #expect(line != nil && line != "process_max_fds 200.0")
            #expect(await server.stop() == 0)
        }
    }

    @Test(arguments: [16, 26, 64])
    func `a limit that is too low to serve is said, with 69`(files: Int) async throws {
        try await Deployment.with { deployment in
            let command = Self.launcher(files: files) + [try Program.path()]
            let environment = ["INNKEEPER_DATA_DIR": deployment.path]
            for arguments in [
                ["serve", "--ingress-bind", "127.0.0.1:0", "--operator-bind", "127.0.0.1:0"], ["keys", "list"],
            ] {
                let child = try Child(command[0], Array(command[1...]) + arguments, environment: environment)
                let outcome = await child.outcome()
                #expect(outcome.status == 69)
                #expect(outcome.errorText.contains("open files") && outcome.errorText.contains("LimitNOFILE="))
                #expect(outcome.text == "")
            }
        }
    }

    @Test func `a reader of standard error that does not read stops nothing`() async throws {
        let directory = try TemporaryDirectory()
        let pipe = directory.path + "/errors"
        #expect(mkfifo(pipe, 0o600) == 0)
        // A pipe that nobody reads and that is full before the first line.
        let launcher = [
            "/bin/sh", "-c", #"exec 3<>'\#(pipe)'; head -c 65536 /dev/zero >&3; exec "$0" "$@" 2>&3"#,
        ]
        try await Deployment.with { deployment in
            let command = launcher + [try Program.path()]
            let child = try Child(
                command[0],
                Array(command[1...]) + [
                    "serve", "--ingress-bind", "127.0.0.1:0", "--operator-bind", "127.0.0.1:0", "--data-dir",
                    deployment.path, "--platform-keys", deployment.directory.path + "/platform.pem",
                ], environment: ["PATH": "/usr/bin:/bin"])
            let server = try await Server(child)
            #expect(try await server.send(try deployment.platform.install(Self.tenant)).status == 204)
            for _ in 0..<30 {
                #expect(try await server.send(.get("/nowhere")).status == 404)
                #expect(try await server.ask("/healthz").status == 200)
                #expect(try await server.send(try deployment.platform.webhook(Self.tenant)).status == 204)
            }
            #expect(await server.stop() == 0, "nor does it keep the server from ending")
            await child.end()
        }
    }

    @Test func `a standard stream that is closed at the start is nobody's file`() async throws {
        try await Deployment.with(by: ["/bin/sh", "-c", #"exec "$0" "$@" 2>&-"#]) { deployment in
            let server = try await deployment.serve()
            #expect(try await server.send(.get("/nowhere")).status == 404, "which is logged")
            let link = "/proc/\(server.child.id)/fd/2"
            #expect(try FileManager.default.destinationOfSymbolicLink(atPath: link) == "/dev/null")
            #expect(await server.stop() == 0)
        }
    }

    @Test func `memory for bodies has a bound that is a setting`() async throws {
        try await Deployment.with { deployment in
            let server = try await deployment.serve(environment: [
                "INNKEEPER_INGRESS_MAX_BODY_BYTES_IN_FLIGHT": "\(1 << 20)"
            ])
            #expect(try await server.send(try deployment.platform.install(Self.tenant)).status == 204)
            let request = try deployment.platform.webhook(Self.tenant)
            let first = try await Connection.open(port: server.ingress)
            try await first.send(request.adding("Expect", "100-continue").head(length: 200 << 10))
            #expect(try await first.answer().status == 100)
            let second = try await Connection.open(port: server.ingress)
            try await second.send(request.head(length: 200 << 10))
            let answer = try await second.answer()
            #expect(answer.status == 503 && answer.fields["retry-after"] != nil && answer.body == [])
            #expect(try await second.rest() == [])
        }
    }
}

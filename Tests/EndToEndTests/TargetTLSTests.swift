import Foundation
import OperatorAPI
import TestSupport
import Testing

/// Whose certificates a target may have, and what an operator reads when it has another.
@Suite(.timeLimit(.minutes(5)))
struct TargetTLSTests {
    /// A target with a certificate of `authority` that takes every event.
    private struct Target {
        let child: Child
        let url: String

        init(_ authority: TestAuthority, days: Int = 1) async throws {
            let folder = try authority.issue(for: "127.0.0.1", days: days)
            child = try Child(
                try Backend.python(), ["-c", Self.script, folder], environment: ["PATH": "/usr/bin:/bin"])
            url = "https://127.0.0.1:\(try #require(await child.output.firstLine()))/"
        }

        var hasReceived: Bool { child.output.text.contains("received") }

        /// Prints its port, then `received` for each request that comes through TLS.
        private static let script = """
            import ssl, sys
            from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
            class Target(BaseHTTPRequestHandler):
                def do_POST(self):
                    self.rfile.read(int(self.headers["content-length"]))
                    print("received", flush=True)
                    self.send_response(204)
                    self.end_headers()
                def log_message(self, *arguments):
                    pass
            server = ThreadingHTTPServer(("127.0.0.1", 0), Target)
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(sys.argv[1] + "/cert.pem", sys.argv[1] + "/key.pem")
            server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
            print(server.server_port, flush=True)
            server.serve_forever()
            """
    }

    private let authority: TestAuthority

    init() throws { authority = try TestAuthority() }

    private func withTarget(
        days: Int = 1, _ body: (Deployment, Target) async throws -> Void
    ) async throws {
        try await Deployment.with { deployment in
            let target = try await Target(authority, days: days)
            do {
                try await body(deployment, target)
            } catch {
                await target.child.end()
                throw error
            }
            await target.child.end()
        }
    }

    /// What `events show` says of the only event when it contains `text`.
    private func shows(_ text: String, in deployment: Deployment) async throws -> Bool {
        let page: EventPageJSON = try await deployment.json("events", "list")
        let id = try #require(page.events.first).id
        return try await holds { try await deployment.text("events", "show", id).contains(text) }
    }

    @Test func `a private authority's target gets nothing until forward names the authority`() async throws {
        try await withTarget { deployment, target in
            try deployment.forward(to: target.url)
            var server = try await deployment.serve()
            _ = try await server.send(try deployment.platform.install(Tenant("ws1")))
            #expect(
                try await shows("TLS failed: its certificate is from no trusted authority", in: deployment))
            #expect(!target.hasReceived)
            #expect(await server.stop() == 0)

            try deployment.write(try String(contentsOfFile: authority.file, encoding: .utf8), to: "target-ca.pem")
            try deployment.forward(to: target.url, ca: "target-ca.pem")
            server = try await deployment.serve()
            #expect(try await shows("delivered", in: deployment))
            #expect(target.hasReceived)
            #expect(await server.stop() == 0)
        }
    }

    @Test func `a certificate that has expired is refused, and events show says so`() async throws {
        try await withTarget(days: -1) { deployment, target in
            try deployment.forward(to: target.url, ca: authority.file)
            let server = try await deployment.serve()
            _ = try await server.send(try deployment.platform.install(Tenant("ws1")))
            #expect(try await shows("TLS failed: its certificate has expired", in: deployment))
            #expect(!target.hasReceived)
            #expect(await server.stop() == 0)
        }
    }

    @Test func `what SSL_CERT_FILE and SSL_CERT_DIR name is trusted`() async throws {
        let directory = try TemporaryDirectory()
        try FileManager.default.copyItem(
            atPath: authority.file, toPath: directory.path + "/" + (try authority.hashedName()))
        for environment in [["SSL_CERT_FILE": authority.file], ["SSL_CERT_DIR": directory.path]] {
            try await withTarget { deployment, target in
                try deployment.forward(to: target.url)
                let server = try await deployment.serve(environment: environment)
                _ = try await server.send(try deployment.platform.install(Tenant("ws1")))
                #expect(try await shows("delivered", in: deployment))
                #expect(await server.stop() == 0)
            }
        }
    }

    @Test func `where forward names an authority, the environment's are not trusted`() async throws {
        try await withTarget { deployment, target in
            let other = try TestAuthority()
            try deployment.forward(to: target.url, ca: other.file)
            let server = try await deployment.serve(environment: ["SSL_CERT_FILE": authority.file])
            _ = try await server.send(try deployment.platform.install(Tenant("ws1")))
            #expect(
                try await shows("TLS failed: its certificate is from no trusted authority", in: deployment))
            #expect(!target.hasReceived)
            #expect(await server.stop() == 0)
        }
    }

    @Test func `authorities that cannot be read stop the start, and doctor names them`() async throws {
        try await Deployment.with { deployment in
            try deployment.forward(to: "https://127.0.0.1:1/", ca: "ca.pem")
            let file = deployment.path + "/ca.pem"
            func expect(_ words: String, environment: [String: String] = [:]) async throws {
                let outcome = try await deployment.run(
                    ["serve", "--ingress-bind", "127.0.0.1:0", "--operator-bind", "127.0.0.1:0"],
                    environment: environment)
                #expect(outcome.status == 78 && outcome.errorText.contains(words), "\(outcome.errorText)")
                let found = try await deployment.run(["doctor"], environment: environment)
                #expect(found.status == 5 && found.text.contains(words), "\(found.text)")
            }
            try await expect("forward.test-addon.ca: \(file): cannot be read")
            try deployment.write(try String(contentsOfFile: authority.keyFile, encoding: .utf8), to: "ca.pem")
            try await expect("forward.test-addon.ca: \(file): holds no certificates")
            try deployment.write(try String(contentsOfFile: authority.file, encoding: .utf8), to: "ca.pem")
            try FileManager.default.setAttributes([.posixPermissions: 0o666], ofItemAtPath: file)
            try await expect("\(file): mode 0666 lets others change it")
            try deployment.forward(to: "https://127.0.0.1:1/")
            let nowhere = ["SSL_CERT_FILE": "/nowhere"]
            try await expect("SSL_CERT_FILE: /nowhere: cannot be read", environment: nowhere)
            #expect(try await deployment.run(["events", "list"], environment: nowhere).status == 0)
        }
    }

    @Test func `a proxy that the environment names is not asked`() async throws {
        try await withTarget { deployment, target in
            try deployment.forward(to: target.url, ca: authority.file)
            let names = ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"]
            let proxies = (names + names.map { $0.lowercased() }).map { ($0, "http://127.0.0.1:1") }
            let server = try await deployment.serve(environment: Dictionary(uniqueKeysWithValues: proxies))
            _ = try await server.send(try deployment.platform.install(Tenant("ws1")))
            #expect(try await shows("delivered", in: deployment))
            #expect(await server.stop() == 0)
        }
    }
}

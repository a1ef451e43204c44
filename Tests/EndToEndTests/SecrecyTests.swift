import Foundation
import OperatorAPI
import Testing

/// Secrets stay secret: in logs, metrics, error messages and on disk.
@Suite(.timeLimit(.minutes(5)))
struct SecrecyTests {
    /// Something that must not be found, and what it is.
    private struct Secret {
        let name: String
        let bytes: [UInt8]
    }

    @Test(.enabled(if: !Deployment.areInDatabases, "it looks into the file"))
    func `no secret is in the log at trace, in the metrics or in a file`() async throws {
        try await Deployment.with { deployment in
            let server = try await deployment.serve(["--log-level", "trace"])
            let printed = try await story(server, deployment)
            let secrets = try secrets(deployment)
            let metrics = try await server.ask("/metrics").body
            #expect(metrics.count > 100)

            // First while the write-ahead log is full, then as the server leaves it.
            try expectNone(of: secrets, inFilesOf: deployment)
            #expect(await server.stop() == 0)
            let outcome = await server.child.outcome()
            try expectNone(of: secrets, inFilesOf: deployment)
            #expect(outcome.errorText.contains(#""level":"trace""#) || outcome.errorText.contains(#""level":"debug""#))
            #expect(outcome.errorText.contains("request refused"))
            expectNone(of: secrets, in: metrics, "the metrics")
            expectNone(of: secrets, in: outcome.errors, "the log")
            expectNone(of: secrets, in: printed, "the commands' errors")
        }
    }

    @Test(.enabled(if: !Deployment.areInDatabases, "it names the files of the embedded store"))
    func `what is made in a data directory is the user's alone, whatever the umask`() async throws {
        try await Deployment.with(by: Program.carelessLauncher) { deployment in
            let server = try await deployment.serve()
            _ = try await server.send(try deployment.platform.install(Tenant("ws1")))
            let files: Set = ["innkeeper.sqlite", "innkeeper.sqlite-wal", "innkeeper.sock", "innkeeper.lock"]
            let names = { try FileManager.default.subpathsOfDirectory(atPath: deployment.path) }
            #expect(try await holds { files.isSubset(of: try names()) })
            for name in try names() + [""] {
                let found = try FileManager.default.attributesOfItem(atPath: deployment.path + "/" + name)
                let mode = try #require(found[.posixPermissions] as? NSNumber).intValue
                let isDirectory = found[.type] as? FileAttributeType == .typeDirectory
                #expect(mode == (isDirectory ? 0o700 : 0o600), "\(name) has \(String(mode, radix: 8))")
            }
        }
    }

    /// Accepted and refused calls, readings of tokens, and errors. Returns what the failing commands printed.
    private func story(_ server: Server, _ deployment: Deployment) async throws -> [UInt8] {
        let platform = deployment.platform
        let (tenant, ended) = (Tenant("ws1"), Tenant("ws2"))
        let body = Array(#"{"workspaceId":"ws1","note":"a-secret-of-the-tenant"}"#.utf8)
        let statuses = try await server.statuses([
            try platform.install(tenant), try platform.install(ended), try platform.webhook(tenant, body: body),
            try platform.settings(tenant, #"[{"id":"key","name":"Key","value":"a-secret-setting"}]"#),
            try platform.uninstall(ended), try platform.webhook(ended, body: body), try platform.install(ended),
            try platform.webhook(tenant, event: "NEW_PROJECT", body: body),
            try platform.webhook(tenant, body: Array(#"{"note":"a-secret-of-the-tenant""#.utf8)),
            try platform.install(tenant).with(body: #"{"authToken":"\#(try platform.installationToken(tenant))"}"#),
            try platform.webhook(Tenant("nobody"), body: body),
            try platform.webhook(tenant).to("/unknown?token=" + platform.webhookToken(tenant, "/webhooks/time")),
        ])
        #expect(statuses == [204, 204, 204, 204, 204, 401, 409, 401, 400, 400, 401, 404])

        let target = "/api/v1/installations/test-addon/ws1/inst-ws1/token"
        #expect(try await server.ask("POST", target, key: deployment.key, body: #"{"reason":"test"}"#).status == 200)
        #expect(try await server.ask("POST", target, key: deployment.key + "0", body: "{}").status == 401)
        #expect(try await server.ask("POST", target, key: deployment.key, body: deployment.key).status == 400)
        #expect(try await server.ask("/api/v1/events?cursor=\(deployment.key)", key: deployment.key).status == 400)
        _ = try await deployment.text("installations", "token", "ws1", "--reason", "test")
        let event = try #require(try await deployment.json("events", "list", as: EventPageJSON.self).events.first)
        _ = try await deployment.text("events", "show", event.id, "--body")
        let failed = [
            try await deployment.run("installations", "token", "ws2", "--reason", "test"),
            try await deployment.run("installations", "show", "nobody", "--log-level", "trace"),
        ]
        #expect(failed.map(\.status) == [7, 3])
        return failed.flatMap { $0.output + $0.errors }
    }

    private func secrets(_ deployment: Deployment) throws -> [Secret] {
        let platform = deployment.platform
        var secrets = [
            Secret(name: "a body", bytes: Array("a-secret-of-the-tenant".utf8)),
            Secret(name: "a setting", bytes: Array("a-secret-setting".utf8)),
            // All tokens begin with it.
            Secret(name: "a token", bytes: Array("eyJ0eXAiOiJKV1Qi".utf8)),
        ]
        for tenant in [Tenant("ws1"), Tenant("ws2"), Tenant("nobody")] {
            for token in [
                try platform.installationToken(tenant), try platform.webhookToken(tenant, "/webhooks/time"),
                try platform.webhookToken(tenant, "/webhooks/project"),
            ] {
                for part in token.split(separator: ".") {
                    secrets.append(Secret(name: "a part", bytes: Array(part.utf8)))
                }
            }
        }
        let hidden = try #require(deployment.key.split(separator: "_").last)
        secrets.append(Secret(name: "the API key", bytes: Array(hidden.utf8)))
        secrets.append(Secret(name: "the API key's bytes", bytes: bytes(hexadecimal: hidden)))
        let keyText = try String(contentsOfFile: deployment.keyFile, encoding: .utf8)
        let digits = try #require(keyText.split(separator: "\n").last?.split(separator: ":").last)
        #expect(digits.count == 64 && hidden.count >= 32)
        secrets.append(Secret(name: "the storage key", bytes: Array(digits.utf8)))
        secrets.append(Secret(name: "the storage key's bytes", bytes: bytes(hexadecimal: digits)))
        return secrets
    }

    private func expectNone(of secrets: [Secret], inFilesOf deployment: Deployment) throws {
        var everything: [UInt8] = []
        for name in try FileManager.default.subpathsOfDirectory(atPath: deployment.path) where !name.hasSuffix(".key") {
            guard let content = FileManager.default.contents(atPath: deployment.path + "/" + name) else { continue }
            everything += content
            expectNone(of: secrets, in: [UInt8](content), name)
        }
        // What may be in the clear is found, so the search works.
        #expect(Data(everything).range(of: Data("inst-ws1".utf8)) != nil)
    }

    private func expectNone(of secrets: [Secret], in bytes: [UInt8], _ place: String) {
        let data = Data(bytes)
        for secret in secrets { #expect(data.range(of: Data(secret.bytes)) == nil, "\(secret.name) is in \(place)") }
    }

    private func bytes(hexadecimal text: some StringProtocol) -> [UInt8] {
        let digits = text.compactMap(\.hexDigitValue).map { UInt8($0) }
        return stride(from: 0, to: digits.count - 1, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
    }
}

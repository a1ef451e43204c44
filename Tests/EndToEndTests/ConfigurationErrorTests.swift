import Foundation
import Glibc
import TestSupport
import Testing

/// What keeps a server from starting: always with a message that names the place and the fix (contract.md section 1).
@Suite(.timeLimit(.minutes(5)))
struct ConfigurationErrorTests {
    @Test func `a missing data directory is 78 and names the command that makes one`() async throws {
        let directory = try TemporaryDirectory()
        for command in [["serve"], ["installations", "list"]] {
            let outcome = try await Program.run(command + ["--data-dir", directory.path + "/none"])
            #expect(outcome.status == 78)
            #expect(outcome.errorText.contains(directory.path + "/none"))
            #expect(outcome.errorText.contains("innkeeper init"))
            #expect(outcome.output == [])
        }
    }

    @Test func `an unknown variable of this program's is 78 and names the nearest setting`() async throws {
        try await Deployment.with { deployment in
            let outcome = try await deployment.run("serve", environment: ["INNKEEPER_INBOX_MAXEVENTS": "10"])
            #expect(outcome.status == 78 && outcome.output == [])
            #expect(outcome.errorText.contains("INNKEEPER_INBOX_MAXEVENTS"))
            #expect(outcome.errorText.contains("INNKEEPER_INBOX_MAX_EVENTS"))
            let server = try await deployment.serve(
                environment: ["INNKEEPER_API_KEY": "x", "INNKEEPER_PORT_80_TCP": "x", "INNKEEPER_SERVICE_HOST": "x"])
            #expect(try await server.ask("/healthz").status == 200)
        }
    }

    @Test func `a key file that others can read is 78 and names the file and chmod`() async throws {
        try await Deployment.with { deployment in
            #expect(chmod(deployment.keyFile, 0o644) == 0)
            try await refused(deployment, naming: deployment.keyFile, "chmod 600")
        }
    }

    @Test func `a missing key file is 78 and is named`() async throws {
        try await Deployment.with { deployment in
            #expect(unlink(deployment.keyFile) == 0)
            try await refused(deployment, naming: deployment.made.storageKey + ".key", "put it back")
        }
    }

    @Test func `the key of another deployment is 78 and the file is named`() async throws {
        try await Deployment.with { deployment in
            try await Deployment.with { other in
                // The other key under this key's name: only the store can tell.
                let text = try String(contentsOfFile: other.keyFile, encoding: .utf8)
                let renamed = text.replacing(other.made.storageKey, with: deployment.made.storageKey)
                #expect(renamed != text)
                try deployment.write(renamed, to: "keys/\(deployment.made.storageKey).key")
                #expect(chmod(deployment.keyFile, 0o600) == 0)
                try await refused(deployment, naming: deployment.made.storageKey + ".key", "right file")
            }
        }
    }

    @Test func `a key file that is no key is 78 and names the file`() async throws {
        try await Deployment.with { deployment in
            try deployment.write("garbage\n", to: "keys/\(deployment.made.storageKey).key")
            #expect(chmod(deployment.keyFile, 0o600) == 0)
            try await refused(deployment, naming: deployment.keyFile, "put it back")
        }
    }

    @Test(arguments: [
        (#"{"key":"a1","name":"A","baseUrl":"ftp://a"}"#, "baseUrl"),
        (#"{"key":"a1","baseUrl":"https://a.example"}"#, "name"),
        (
            #"{"key":"a1","name":"A","baseUrl":"https://a.example","webhooks":[{"event":"no","path":"/x"}]}"#,
            "webhooks[0].event"
        ),
        ("not JSON", "line 1"),
    ])
    func `a bad manifest is 78 and names the file and the field`(text: String, field: String) async throws {
        try await Deployment.with { deployment in
            try deployment.write(text, to: "addons/bad.json")
            try await refused(deployment, naming: deployment.path + "/addons/bad.json", field)
        }
    }

    @Test func `two add-ons with one path are 78 and both are named`() async throws {
        try await Deployment.with { deployment in
            let other = ManifestText.make(key: "other-addon", webhooks: [("NEW_TASK", "/webhooks/time/")])
            try deployment.write(other, to: "addons/other.json")
            try await refused(deployment, naming: "test-addon", "other-addon", "/webhooks/time")
        }
    }

    @Test func `a bad address is 78 and names where it came from`() async throws {
        try await Deployment.with { deployment in
            let flag = try await deployment.run("serve", "--ingress-bind", "nowhere")
            #expect(flag.status == 78 && flag.errorText.contains("--ingress-bind"), "\(flag.errorText)")
            let variable = try await deployment.run("serve", environment: ["INNKEEPER_OPERATOR_BIND": "1.2.3.4:99999"])
            #expect(variable.status == 78 && variable.errorText.contains("INNKEEPER_OPERATOR_BIND"))
            try deployment.write(#"{"ingress":{"bind":"nowhere"}}"#, to: "innkeeper.json")
            let file = try await deployment.run("serve")
            #expect(file.status == 78 && file.errorText.contains(deployment.path + "/innkeeper.json"))
            #expect(file.errorText.contains("ingress.bind"))
            // A flag wins over the environment, the environment over the file.
            let both = try await deployment.run(
                "serve", "--ingress-bind", "flag", environment: ["INNKEEPER_INGRESS_BIND": "variable"])
            #expect(both.status == 78 && both.errorText.contains("--ingress-bind"))
            let two = try await deployment.run("serve", environment: ["INNKEEPER_INGRESS_BIND": "variable"])
            #expect(two.status == 78 && two.errorText.contains("INNKEEPER_INGRESS_BIND"))
        }
    }

    @Test func `an unknown setting is 78 and the nearest name is offered`() async throws {
        try await Deployment.with { deployment in
            try deployment.write(#"{"ingress":{"bnid":"127.0.0.1:0"}}"#, to: "innkeeper.json")
            try await refused(deployment, naming: "innkeeper.json", "ingress.bnid", "ingress.bind")
        }
    }

    @Test func `a store that is none is 78 and the password is not repeated`() async throws {
        try await Deployment.with { deployment in
            let store = "postgers://innkeeper:hunter2@db.example.com/innkeeper"
            for outcome in [
                try await deployment.run("serve", "--store", store),
                try await deployment.run("serve", environment: ["INNKEEPER_STORE": store]),
            ] {
                #expect(outcome.status == 78)
                #expect(outcome.errorText.contains("store") && !outcome.errorText.contains("hunter2"))
            }
        }
    }

    @Test func `a port in use names the flag`() async throws {
        try await Deployment.with { deployment in
            let server = try await deployment.serve()
            try await Deployment.with { other in
                for (flag, port) in [("--ingress-bind", server.ingress), ("--operator-bind", server.operators)] {
                    let free = ["--ingress-bind", "--operator-bind"].filter { $0 != flag }.flatMap {
                        [$0, "127.0.0.1:0"]
                    }
                    let outcome = try await other.run(["serve", flag, "127.0.0.1:\(port)"] + free)
                    #expect(outcome.status == 1)
                    #expect(outcome.errorText.contains(flag), "\(outcome.errorText)")
                    #expect(outcome.errorText.contains("127.0.0.1:\(port)"))
                    #expect(outcome.output == [], "it was never ready")
                }
            }
        }
    }

    @Test func `a second server on one data directory is 7 and the first is named`() async throws {
        try await Deployment.with { deployment in
            let server = try await deployment.serve()
            let outcome = try await deployment.run(
                "serve", "--ingress-bind", "127.0.0.1:0", "--operator-bind", "127.0.0.1:0")
            #expect(outcome.status == 7)
            #expect(outcome.errorText.contains("process \(server.child.id)"), "\(outcome.errorText)")
            #expect(try await server.send(.get("/readyz")).status == 200, "the first goes on")
        }
    }

    /// Neither a server nor a command that needs the store starts.
    private func refused(
        _ deployment: Deployment, naming texts: String..., sourceLocation: SourceLocation = #_sourceLocation
    ) async throws {
        for command in [
            ["serve", "--ingress-bind", "127.0.0.1:0", "--operator-bind", "127.0.0.1:0"], ["keys", "list"],
        ] {
            let outcome = try await deployment.run(command)
            #expect(outcome.status == 78, "\(command)", sourceLocation: sourceLocation)
            #expect(outcome.output == [], "\(command)", sourceLocation: sourceLocation)
            for text in texts {
                #expect(outcome.errorText.contains(text), "\(outcome.errorText)", sourceLocation: sourceLocation)
            }
        }
    }
}

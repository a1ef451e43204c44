import Foundation
import TestSupport
import Testing

/// The stand-in platform of the command line, as a newcomer meets it.
@Suite(.timeLimit(.minutes(5)))
struct SimulateTests {
    @Test func `the demo tells its story, ends with 0 and cleans up`() async throws {
        let directory = try TemporaryDirectory()
        let outcome = try await Program.run(
            ["simulate", "demo", "--workspaces", "20"], environment: ["TMPDIR": directory.path])
        #expect(outcome.status == 0, "\(outcome.text)\(outcome.errorText)")
        #expect(outcome.text.contains("20 workspaces install the add-on"))
        #expect(outcome.text.contains("Every answer was the expected one."))
        #expect(outcome.text.contains("the replayed event"))
        #expect(!outcome.text.contains("UNEXPECTED"))
        #expect(try FileManager.default.contentsOfDirectory(atPath: directory.path) == [])
    }

    @Test func `keys are never overwritten`() async throws {
        let directory = try TemporaryDirectory()
        let keys = directory.path + "/keys"
        #expect(try await Program.run(["simulate", "keys", keys]).status == 0)
        let files = ["platform.pem", "platform-private.pem"].map { keys + "/" + $0 }
        let before = files.map { FileManager.default.contents(atPath: $0) }
        #expect(before.allSatisfy { $0 != nil })
        let again = try await Program.run(["simulate", "keys", keys])
        #expect(again.status == 7 && again.errorText.contains("exists already"))
        try FileManager.default.removeItem(atPath: files[0])
        #expect(try await Program.run(["simulate", "keys", keys]).status == 7, "half a pair is a pair")
        #expect(FileManager.default.contents(atPath: files[1]) == before[1])
    }

    @Test func `its calls are taken by a server that trusts its key, and by no other`() async throws {
        try await Deployment.with { deployment in
            let keys = deployment.directory.path + "/keys"
            #expect(try await Program.run(["simulate", "keys", keys]).status == 0)
            let trusting = try await deployment.serve(["--platform-keys", keys + "/platform.pem"])
            func simulate(_ arguments: String..., at server: Server) async throws -> Program.Outcome {
                try await Program.run(
                    ["simulate"] + arguments + ["--keys", keys, "--url", "http://127.0.0.1:\(server.ingress)"])
            }
            for form in ["double-slash", "manifest", "url"] {
                let outcome = try await simulate("install", "--workspaces", "3", "--path-form", form, at: trusting)
                #expect(outcome.status == 0, "\(outcome.errorText)")
                #expect(try await simulate("webhook", "--workspaces", "3", at: trusting).status == 0)
            }
            #expect(try await simulate("uninstall", "--workspaces", "3", at: trusting).status == 0)
            #expect(await trusting.stop() == 0)
            let strict = try await deployment.serve()
            let refused = try await simulate("install", "--from", "9", at: strict)
            #expect(refused.status == 1 && refused.text.contains("401"))
        }
    }
}

import Foundation
import Glibc
import Installations
import OperatorAPI
import TestSupport
import Testing

@testable import Innkeeper

/// What lies open though it need not: said once at the start, and by `doctor` with what to do.
@Suite(.timeLimit(.minutes(5)))
struct WarningTests {
    /// A start, and what `doctor` finds while the server runs.
    private func start(
        _ deployment: Deployment, _ arguments: [String]
    ) async throws -> (log: [String], findings: [CheckJSON]) {
        let listeners = ["--ingress-bind", "127.0.0.1:0", "--log-format", "text"]
        let child = try deployment.start(["serve"] + listeners + arguments)
        #expect(await child.output.firstLine()?.hasPrefix("innkeeper ready") == true, "\(child.errors.text)")
        let outcome = try await deployment.run("doctor", "-o", "json")
        let report = try JSONDecoder().decode(DoctorJSON.self, from: Data(outcome.output))
        #expect(outcome.status == (report.checks.allSatisfy { $0.status == "ok" } ? 0 : 5))
        child.send(SIGTERM)
        #expect(await child.status() == 0)
        return (child.errors.text.split(separator: "\n").map(String.init), report.checks)
    }

    private func forward(to url: String, of deployment: Deployment) throws {
        let secret = "whsec_" + Data(repeating: 7, count: 32).base64EncodedString()
        try deployment.write(secret, to: "forward.secret")
        #expect(chmod(deployment.path + "/forward.secret", 0o600) == 0)
        let target = #""url": "\#(url)", "secret": "forward.secret""#
        try deployment.write(#"{"forward": {"test-addon": {\#(target)}}}"#, to: "innkeeper.json")
    }

    /// The lines of the log that begin to speak about this.
    private func lines(_ log: [String], about name: String) -> [String] { log.filter { $0.contains("\(name):") } }

    @Test func `a listener that others reach and a target that is reached without TLS`() async throws {
        try await Deployment.with { deployment in
            try forward(to: "http://192.0.2.1:9000/hook?key=hidden", of: deployment)
            let (log, findings) = try await start(deployment, ["--operator-bind", "0.0.0.0:0"])
            for (name, setting) in [
                ("operator listener", "operator.bind"), ("forward test-addon", "forward.test-addon.url"),
            ] {
                let finding = try #require(findings.first { $0.name == name })
                let fix = try #require(finding.fix)
                #expect(finding.status == "warn" && fix.contains(setting))
                let said = lines(log, about: name)
                #expect(
                    said.count == 1 && said.allSatisfy { $0.contains(finding.message) && $0.contains(fix) }, "\(log)")
            }
            #expect(!log.joined().contains("hidden"))
        }
    }

    @Test func `what stays on this machine is no finding`() async throws {
        try await Deployment.with { deployment in
            try forward(to: "http://localhost:9000/", of: deployment)
            let (log, findings) = try await start(deployment, ["--operator-bind", "localhost:0"])
            for name in ["operator listener", "forward test-addon"] {
                #expect(findings.filter { $0.name == name }.map(\.status) == ["ok"])
                #expect(lines(log, about: name) == [])
            }
        }
    }

    @Test func `memory that may not be locked`() async throws {
        var launcher = ["/bin/sh", "-c", #"ulimit -l 0; exec "$0" "$@""#]
        // Root may lock whatever the limit, unless it gives that up.
        if geteuid() == 0 {
            launcher = ["/usr/bin/setpriv", "--bounding-set=-ipc_lock", "--inh-caps=-ipc_lock"] + launcher
        }
        try await Deployment.with(by: launcher) { deployment in
            let (log, findings) = try await start(deployment, ["--operator-bind", "127.0.0.1:0"])
            #expect(findings.first { $0.name == "key memory" }?.status == "warn")
            #expect(lines(log, about: "key memory").filter { $0.contains("LimitMEMLOCK=") }.count == 1, "\(log)")
        }
        try await Deployment.with { deployment in
            let (log, _) = try await start(deployment, ["--operator-bind", "127.0.0.1:0"])
            #expect(lines(log, about: "key memory") == [])
        }
    }

    @Test func `a swap of this machine, if there is one`() async throws {
        let isOn = HostChecks.swap().status == .warn
        try await Deployment.with { deployment in
            let (log, findings) = try await start(deployment, ["--operator-bind", "127.0.0.1:0"])
            #expect(findings.filter { $0.name == "swap" }.map(\.status) == [isOn ? "warn" : "ok"])
            #expect(lines(log, about: "swap").count == (isOn ? 1 : 0))
        }
    }
}

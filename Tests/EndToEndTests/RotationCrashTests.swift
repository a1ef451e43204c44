import Foundation
import Glibc
import Installations
import OperatorAPI
import Testing

/// A rotation killed at each of its steps, plain and deep: what is left goes on, and nothing is lost. The server kills
/// itself at the step, as a power cut would.
@Suite(.timeLimit(.minutes(8)))
struct RotationCrashTests {
    /// What one cell of the matrix came to.
    private struct Cell: Sendable {
        let step: RotationStep
        let reencrypt: Bool
        /// States of the keys after the crash.
        let states: [String]
        /// How the next rotation went on.
        let standing: String
        let isWhole: Bool

        var line: String {
            let name =
                (reencrypt ? "deep  " : "plain ") + step.rawValue.padding(toLength: 16, withPad: " ", startingAt: 0)
            let after = states.joined(separator: "+").padding(toLength: 20, withPad: " ", startingAt: 0)
            return
                "\(name) \(after) \(standing.padding(toLength: 9, withPad: " ", startingAt: 0)) \(isWhole ? "ok" : "LOST")"
        }
    }

    /// Every secret of these opens its door.
    private static let tenants = (0..<25).map { Tenant("ws\($0)") }

    @Test func `the crash matrix`() async throws {
        var cells: [Cell] = []
        for reencrypt in [false, true] {
            for step in RotationStep.allCases { cells.append(try await crash(at: step, reencrypt: reencrypt)) }
        }
        print("rotation killed at      keys after it        went on   all secrets")
        for cell in cells { print(cell.line) }
        #expect(cells.count { $0.isWhole } == 2 * RotationStep.allCases.count)
    }

    private func crash(at step: RotationStep, reencrypt: Bool) async throws -> Cell {
        var cell: Cell?
        try await Deployment.with { (deployment) async throws in
            let platform = deployment.platform
            let doomed = try await deployment.serve(environment: ["INNKEEPER_CRASH_AT": step.rawValue])
            let installed = try await doomed.statuses(try Self.tenants.map { try platform.install($0) })
            #expect(installed.allSatisfy { $0 == 204 })
            // Ten rows a batch: there are batches before and after the one that dies.
            let rotation = ["keys", "rotate", "--rate", "100"] + (reencrypt ? ["--reencrypt"] : [])
            let outcome = try await deployment.run(rotation)
            #expect(outcome.status == 69, "\(step): \(outcome.errorText)")
            #expect(await doomed.child.status() == 128 + SIGKILL)

            let server = try await deployment.serve()
            let after: [StorageKeyJSON] = try await deployment.json("keys", "list")
            #expect(after.count { $0.state == "primary" } == 1)
            #expect(try await deployment.run("keys", "verify").status == 0, "\(step)")
            try await check(server, platform)

            let report: RotationReportJSON = try RotationReportJSON.read(
                try await deployment.run(
                    ["keys", "rotate", "--rate", "0", "-o", "json"] + (reencrypt ? ["--reencrypt"] : [])))
            let finished: [StorageKeyJSON] = try await deployment.json("keys", "list")
            #expect(finished.map(\.state).sorted() == ["disabled", "primary"], "\(step)")
            #expect(report.corrupt == 0 && report.verified == Self.tenants.count, "\(step)")
            #expect(report.rewrapped + report.alreadyCurrent == Self.tenants.count, "\(step)")
            #expect(report.reencrypt == reencrypt)
            // What ended is known to have ended.
            let again: RotationReportJSON = try await deployment.json("keys", "rotate")
            #expect(again.standing == "finished")
            // Nothing needs the old key any more: without it everything still opens.
            let old = report.from
            #expect(try await deployment.run("keys", "destroy", old, "--confirm", old, "--now").status == 0, "\(step)")
            let isWhole = try await check(server, platform)
            #expect(try await deployment.run("keys", "verify").status == 0)
            #expect(try await deployment.run("audit", "verify").status == 0)
            #expect(await server.stop() == 0)
            cell = Cell(
                step: step, reencrypt: reencrypt, states: after.map(\.state).sorted(), standing: report.standing,
                isWhole: isWhole)
        }
        return try #require(cell)
    }

    @discardableResult
    private func check(_ server: Server, _ platform: Platform) async throws -> Bool {
        let answers = try await server.statuses(try Self.tenants.map { try platform.webhook($0) })
        #expect(answers.allSatisfy { $0 == 204 })
        return answers.allSatisfy { $0 == 204 }
    }
}

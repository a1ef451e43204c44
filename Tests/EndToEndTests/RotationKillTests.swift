import Foundation
import Glibc
import OperatorAPI
import Synchronization
import Testing

/// Rotations killed at random moments while installs and webhooks go on. `INNKEEPER_KILL_ROUNDS` sets how many; the long
/// form is `scripts/prove/rotation-kills`.
@Suite(.timeLimit(.minutes(60)))
struct RotationKillTests {
    /// Which token set of each workspace was acknowledged last, and which one was on its way when the server died.
    private final class Ledger: Sendable {
        struct Entry: Sendable {
            var acknowledged = 0
            var sent = 0
        }
        private let entries = Mutex<[Entry]>(Array(repeating: Entry(), count: RotationKillTests.tenants.count))

        func entry(_ index: Int) -> Entry { entries.withLock { $0[index] } }
        func sends(_ index: Int, _ salt: Int) { entries.withLock { $0[index].sent = salt } }
        func acknowledges(_ index: Int, _ salt: Int) { entries.withLock { $0[index].acknowledged = salt } }
    }

    private static let tenants = (0..<40).map { Tenant("ws\($0)") }
    private static let clients = 4
    /// Events pile up, and every round opens all of them.
    private static let roundsOfADeployment = 10

    @Test func `every secret opens, one key is primary, and the rotation completes when run again`() async throws {
        let rounds = ProcessInfo.processInfo.environment["INNKEEPER_KILL_ROUNDS"].flatMap { Int($0) } ?? 200
        var interrupted = 0
        for first in stride(from: 1, through: rounds, by: Self.roundsOfADeployment) {
            let last = min(first + Self.roundsOfADeployment - 1, rounds)
            interrupted += try await kill(in: first...last)
        }
        print("\(rounds) kills, \(interrupted) of them in the middle of a rotation")
        // Otherwise the moments were chosen badly and nothing was shown.
        #expect(interrupted * 2 > rounds)
    }

    /// Some rounds with one deployment. Returns how many of the kills hit a rotation.
    private func kill(in rounds: ClosedRange<Int>) async throws -> Int {
        var interrupted = 0
        try await Deployment.with { (deployment) async throws in
            let ledger = Ledger()
            var server = try await deployment.serve()
            _ = try await server.statuses(try Self.tenants.map { try deployment.platform.install($0, salt: "0") })
            for round in rounds {
                if try await rotateAndKill(round, server, ledger, deployment) { interrupted += 1 }
                server = try await deployment.serve()
                try await check(round, server, ledger, deployment)
            }
            #expect(try await deployment.run("audit", "verify").status == 0)
            #expect(await server.stop() == 0)
        }
        return interrupted
    }

    /// Rotates slowly under load and kills the server at a random moment. Returns whether the rotation was under way.
    private func rotateAndKill(
        _ round: Int, _ server: Server, _ ledger: Ledger, _ deployment: Deployment
    ) async throws -> Bool {
        // A key of its own: a rotation that has just finished is not begun anew.
        let added = try await server.ask("POST", "/api/v1/keys", key: deployment.key, body: "{}")
        #expect(added.status == 201)
        let arguments = ["keys", "rotate", "--rate", "150"] + (round % 3 == 0 ? ["--reencrypt"] : [])
        let rotation = try deployment.start(arguments)
        await withTaskGroup { group in
            for client in 0..<Self.clients {
                group.addTask { await load(round, client, server, ledger, deployment.platform) }
            }
            group.addTask {
                do {
                    // The moment is what is random here. A rotation at this rate takes about half a second.
                    try await Task.sleep(for: .milliseconds(.random(in: 30...700)))
                } catch {
                    return
                }
                server.child.send(SIGKILL)
            }
        }
        _ = await server.child.status()
        return await rotation.status() != 0
    }

    /// Reinstalls its share of the workspaces, each time with new tokens, and sends a webhook with each, until the server
    /// is gone.
    private func load(
        _ round: Int, _ client: Int, _ server: Server, _ ledger: Ledger, _ platform: Platform
    ) async {
        do {
            let connection = try await Connection.open(port: server.ingress)
            for turn in 0... {
                for index in stride(from: client, to: Self.tenants.count, by: Self.clients) {
                    let salt = round * 1000 + turn
                    ledger.sends(index, salt)
                    try await connection.send(try platform.install(Self.tenants[index], salt: "\(salt)").bytes)
                    #expect(try await connection.answer().status == 204)
                    ledger.acknowledges(index, salt)
                    let webhook = try platform.webhook(Self.tenants[index], salt: "\(salt)")
                    try await connection.send(webhook.bytes)
                    #expect(try await connection.answer().status == 204)
                }
            }
        } catch is Connection.Failure {
            return  // The server is gone.
        } catch {
            Issue.record(error)
        }
    }

    private func check(_ round: Int, _ server: Server, _ ledger: Ledger, _ deployment: Deployment) async throws {
        let keys: [StorageKeyJSON] = try await server.ask("/api/v1/keys", key: deployment.key)
        #expect(keys.count { $0.state == "primary" } == 1, "round \(round)")
        #expect(try await deployment.run("keys", "verify", "--rate", "0").status == 0, "round \(round)")
        // The token set that was acknowledged last opens the door, or the one that came after it without an answer.
        let connection = try await Connection.open(port: server.ingress)
        for (index, tenant) in Self.tenants.enumerated() {
            let entry = ledger.entry(index)
            var inForce: [Int] = []
            for salt in Set([entry.acknowledged, entry.sent]) {
                try await connection.send(try deployment.platform.webhook(tenant, salt: "\(salt)").bytes)
                if try await connection.answer().status == 204 { inForce.append(salt) }
            }
            #expect(inForce.count == 1, "round \(round), \(tenant.workspace): \(inForce) of \(entry)")
            for salt in inForce {
                ledger.sends(index, salt)
                ledger.acknowledges(index, salt)
            }
        }
        let report: RotationReportJSON = try await deployment.json("keys", "rotate", "--rate", "0")
        let isDone = report.verified == Self.tenants.count || report.standing == "finished"
        #expect(report.corrupt == 0 && isDone, "round \(round): \(report)")
        let ended: [StorageKeyJSON] = try await server.ask("/api/v1/keys", key: deployment.key)
        #expect(ended.allSatisfy { $0.state == "primary" || $0.state == "disabled" }, "round \(round)")
    }
}

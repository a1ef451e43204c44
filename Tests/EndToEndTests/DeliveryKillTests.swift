import Foundation
import Glibc
import OperatorAPI
import Synchronization
import TestSupport
import Testing

/// Server and receiver are killed at random under load. Every event that was answered with 204 arrives, and the first
/// arrivals of each installation's events are in the order in which they were sent.
@Suite(.timeLimit(.minutes(60)))
struct DeliveryKillTests {
    /// How often something is killed; `scripts/prove/delivery-kills` does it more often.
    private static let rounds = ProcessInfo.processInfo.environment["INNKEEPER_KILL_ROUNDS"].flatMap { Int($0) } ?? 10

    /// What the senders share.
    private final class Load: Sendable {
        private struct State {
            var port: UInt16 = 0
            var acknowledged: [String: [Int]] = [:]
            var isOver = false
        }
        private let state = Mutex(State())

        var port: UInt16 {
            get { state.withLock { $0.port } }
            set { state.withLock { $0.port = newValue } }
        }
        var isOver: Bool {
            get { state.withLock { $0.isOver } }
            set { state.withLock { $0.isOver = newValue } }
        }
        var acknowledged: [String: [Int]] { state.withLock { $0.acknowledged } }
        func acknowledge(_ sequence: Int, of workspace: String) {
            state.withLock { $0.acknowledged[workspace, default: []].append(sequence) }
        }
    }

    @Test func `whoever is killed, every acknowledged event is delivered at least once and in order`() async throws {
        try await Deployment.with { deployment in
            let log = deployment.directory.path + "/received"
            let python = try Backend.python()
            func receive(port: Int) async throws -> Backend {
                try await Backend.receiving(
                    "prove/receiver.py", ["--log", log, "--port", String(port)], by: python)
            }
            var receiver = try await receive(port: 0)
            let port = try #require(URL(string: receiver.url)?.port)
            try deployment.forward(to: receiver.url)
            var server = try await deployment.serve()
            let tenants = (1...8).map { Tenant("ws\($0)") }
            #expect(
                try await server.statuses(try tenants.map { try deployment.platform.install($0) })
                    == tenants.map { _ in 204 })

            let load = Load()
            load.port = server.ingress
            let senders = Task {
                await withTaskGroup { group in
                    for tenant in tenants { group.addTask { await send(tenant, load, deployment.platform) } }
                }
            }
            for _ in 1...Self.rounds {
                try await Task.sleep(for: .milliseconds(.random(in: 50...400)))
                if Bool.random() {
                    await server.child.end()
                    server = try await deployment.serve()
                    load.port = server.ingress
                } else {
                    await receiver.child.end()
                    receiver = try await receive(port: port)
                }
            }
            load.isOver = true
            await senders.value

            // Both run now; what is left arrives.
            let acknowledged = load.acknowledged
            #expect(acknowledged.count == tenants.count)
            var received: [String: [Int]] = [:]
            var arrivals = 0
            var deadline = ContinuousClock.now + .seconds(120)
            while ContinuousClock.now < deadline {
                received = try Self.read(log)
                // However much was acknowledged, it may take its time as long as something arrives.
                let count = received.values.reduce(0) { $0 + $1.count }
                if count > arrivals { deadline = .now + .seconds(120) }
                arrivals = count
                let isComplete = acknowledged.allSatisfy { Set($1).isSubset(of: received[$0] ?? []) }
                if isComplete { break }
                // Each child lives for a minute at most; a slow end needs a new one.
                if receiver.child.hasEnded { receiver = try await receive(port: port) }
                if server.child.hasEnded { server = try await deployment.serve() }
                try await Task.sleep(for: .milliseconds(500))
            }
            var repeated = 0
            for (workspace, sequences) in acknowledged {
                let arrived = received[workspace] ?? []
                let missing = Set(sequences).subtracting(arrived)
                #expect(missing.isEmpty, "\(workspace): \(missing.count) of \(sequences.count) are missing")
                var seen: Set<Int> = []
                let first = arrived.filter { seen.insert($0).inserted }
                #expect(first == first.sorted(), "\(workspace) is out of order")
                repeated += arrived.count - first.count
            }
            let total = acknowledged.values.reduce(0) { $0 + $1.count }
            print("kills: \(Self.rounds), acknowledged: \(total), delivered more than once: \(repeated)")
            #expect(total > Self.rounds)
            await receiver.child.end()
            #expect(await server.stop() == 0)
            #expect(try await deployment.run("audit", "verify").status == 0)
        }
    }

    /// One workspace's webhooks, one after the other. One whose answer got lost may or may not have been accepted.
    private func send(_ tenant: Tenant, _ load: Load, _ platform: Platform) async {
        var sequence = 0
        while !load.isOver {
            do {
                let connection = try await Connection.open(port: load.port)
                while !load.isOver {
                    sequence += 1
                    let body = #"{"workspaceId":"\#(tenant.workspace)","sequence":\#(sequence)}"#
                    try await connection.send(try platform.webhook(tenant, body: Array(body.utf8)).bytes)
                    let status = try await connection.answer().status
                    if status == 204 { load.acknowledge(sequence, of: tenant.workspace) }
                    #expect(status == 204 || status == 503)
                }
            } catch is Connection.Failure {
                try? await Task.sleep(for: .milliseconds(10))  // The server is gone; the next one has another port.
            } catch {
                Issue.record(error)
            }
        }
    }

    /// The sequence numbers that arrived, by workspace, in the order of their arrival; lifecycle events left out.
    private static func read(_ log: String) throws -> [String: [Int]] {
        var received: [String: [Int]] = [:]
        for line in try String(contentsOfFile: log, encoding: .utf8).split(separator: "\n") {
            let words = line.split(separator: " ")
            guard words.count == 3, let sequence = Int(words[2]), sequence > 0 else { continue }
            received[String(words[1]), default: []].append(sequence)
        }
        return received
    }
}

import InMemoryLogging
import Installations
import Logging
import Marketplace
import MetricsTestKit
import SQLiteStore
import Store
import TestSupport
import Testing

@testable import Webhooks

@Suite(.timeLimit(.minutes(1))) struct LeasesTests {
    @Test func `what a worker did with an event is counted once, and told when it is dead`() async throws {
        let deployment = try await TestDeployment()
        let (metrics, clock, lines) = (TestMetrics(), deployment.clock, InMemoryLogHandler())
        var schedule = RetrySchedule()
        schedule.fewestAttempts = 2
        let leases = Leases(
            store: deployment.test.store, settlementWriter: deployment.settlementWriter, streams: deployment.streams,
            holdTimer: deployment.holdTimer, schedule: schedule, pushed: [],
            log: DeliveryLog(logger: Logger(label: "test") { _ in lines }), metrics: metrics, now: { clock.now })
        @Sendable func lease() async throws -> (event: EventID, lease: LeaseID) {
            let request = Leases.Request(
                addonKey: deployment.platform.manifest.key, max: 1, leaseLength: 60_000, patience: 30_000)
            let lease = try await leases.lease(request)
            return (try #require(lease.events.first).id, lease.id)
        }
        try await deployment.running { () async throws in
            for workspace in ["ws1", "ws2"] {
                _ = try await deployment.install(try deployment.platform.id(workspace, "i"))
            }
            let (taken, other) = (try await lease(), try await lease())
            #expect(try await leases.acknowledge(taken.event, under: taken.lease))
            #expect(try await !leases.acknowledge(taken.event, under: taken.lease))
            #expect(try await !leases.giveBack(other.event, under: taken.lease))
            #expect(try await leases.giveBack(other.event, under: other.lease))
            // Past its wait, and past its patience.
            clock.advance(seconds: 4 * 86_400)
            deployment.holdTimer.set(clock.now)
            let again = try await lease()
            #expect(try await leases.giveBack(again.event, under: again.lease))
        }
        for outcome in ["delivered", "retried", "dead"] {
            let total = metrics.counterTotal(label: Metric.deliveries.rawValue, dimensions: [("outcome", outcome)])
            #expect(total == 1, "\(outcome)")
        }
        #expect(lines.entries.map { "\($0.message)" } == ["dead letter"])
    }

    @Test func `an event that a clock ahead has dated is given up as long after the clock was put right`() async throws
    {
        let deployment = try await TestDeployment()
        let (store, clock) = (deployment.test.store, deployment.clock)
        let request = Leases.Request(
            addonKey: deployment.platform.manifest.key, max: 1, leaseLength: 60_000, patience: 30_000)
        // Before anything runs that may have looked at the clock.
        _ = try await deployment.install(try deployment.platform.id())
        clock.advance(seconds: -400 * 86_400)
        await store.noteClock(at: clock.now)
        try await deployment.running { () async throws in
            for state in [EventState.pending, .pending, .dead] {
                let lease = try await deployment.leases.lease(request)
                let event = try #require(lease.events.first).id
                #expect(try await deployment.leases.giveBack(event, under: lease.id))
                #expect(try await store.event(event)?.state == state)
                clock.advance(seconds: 2 * 86_400)
                deployment.holdTimer.set(clock.now)
            }
        }
    }

    @Test func `nothing is leased to a worker that has gone while it waited`() async throws {
        let deployment = try await TestDeployment()
        let request = Leases.Request(
            addonKey: deployment.platform.manifest.key, max: 1, leaseLength: 60_000, patience: 600_000)
        try await deployment.running { () async throws in
            let gone = try await deployment.leases.lease(request) { stop in stop() }
            #expect(gone.events.isEmpty)
            _ = try await deployment.install(try deployment.platform.id())
            #expect(try await deployment.leases.lease(request).events.count == 1)
        }
    }

    @Test func `lease ids cannot be guessed`() {
        let ids = (0..<100).map { _ in LeaseID.random().text }
        #expect(Set(ids).count == 100 && ids.allSatisfy { $0.utf8.count == 36 && LeaseID($0) != nil })
        #expect(LeaseID("") == nil && LeaseID("lse_1") == nil)
    }
}

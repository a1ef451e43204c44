import Installations
import TestSupport
import Testing
import Webhooks

@testable import SQLiteStore
@testable import Store

@Suite struct DeliveryChecksTests {
    private let fixture: DeliveryFixture

    init() throws { fixture = try DeliveryFixture() }

    private func findings(after seconds: Int64 = 0) async throws -> [Finding] {
        try await fixture.store.deliveryFindings(at: fixture.later(seconds))
    }

    @Test func `events that wait or were delivered are no finding`() async throws {
        let stream = try await fixture.install()
        try await fixture.append("1", "2")
        try await fixture.settleHead(stream, .delivered)
        #expect(try await findings(after: 3600).isEmpty)
    }

    @Test func `dead letters are counted by add-on, with the command that delivers them again`() async throws {
        for workspace in ["ws1", "ws2"] {
            let stream = try await fixture.install(workspace)
            try await fixture.append("1", to: workspace)
            try await fixture.settleHead(stream, .dead(.status(404)))
            try await fixture.settleHead(stream, .dead(.status(404)))
        }
        let found = try await findings()
        #expect(found.map(\.name) == ["dead letters"] && found.map(\.status) == [.warn])
        #expect(found.first?.message == "4 of test-addon")
        #expect(found.first?.fix?.contains("innkeeper events replay --dead --addon test-addon") == true)
        let all = await fixture.store.findings(at: fixture.clock.now)
        #expect(all.contains { $0.name == "dead letters" }, "doctor tells it")
    }

    @Test func `a target that fails is told after the clock was put back`() async throws {
        let stream = try await fixture.install()
        try await fixture.settleHead(stream, .retry(at: fixture.later(30), .status(503)))
        let found = try #require(try await findings(after: -86_400).first)
        #expect(
            found.message
                == "they fail for 1 installation, of events since \(fixture.later(-86_400).rfc3339): HTTP 503 (1)")
    }

    @Test func `a target that fails is told with its failures and since when, after a minute`() async throws {
        let arrived = fixture.clock.now
        let failures: [DeliveryFailure] = [.status(503), .cannotConnect, .cannotConnect]
        for (number, failure) in failures.enumerated() {
            let workspace = "ws\(number)"
            let stream = try await fixture.install(workspace)
            try await fixture.settleHead(stream, .retry(at: fixture.later(30), failure))
        }
        #expect(try await findings(after: 59).isEmpty)
        let found = try #require(try await findings(after: 60).first)
        #expect(found.name == "deliveries of test-addon" && found.status == .warn)
        let since = arrived.rfc3339
        #expect(
            found.message
                == "they fail for 3 installations, of events since \(since): cannot connect (2), HTTP 503 (1)")
        #expect(found.fix?.contains("innkeeper events list --state pending --addon test-addon") == true)
        for (holds, words) in [(2, "for at least 2 installations"), (3, "for 3 installations")] {
            let some = try await fixture.store.deliveryFindings(at: fixture.later(60), among: holds).first
            #expect(some?.message.contains(words) == true)
        }
    }

    @Test func `what a worker holds does not fail`() async throws {
        let stream = try await fixture.install()
        _ = try await fixture.leaseHead(stream, seconds: 3600)
        #expect(try await findings(after: 600).isEmpty)
    }
}

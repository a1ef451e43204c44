import Installations
import Marketplace
import Sealing
import TestSupport
import Testing
import Webhooks

@testable import Store

/// What `doctor` says of deliveries.
@Suite struct DeliveryChecksTests {
    private func findings(_ test: StoreUnderTest, after seconds: Int64 = 0) async throws -> [Finding] {
        try await test.store.deliveryFindings(at: test.later(seconds))
    }

    @Test(arguments: EngineUnderTest.allCases)
    func `events that wait or were delivered are no finding`(engine: EngineUnderTest) async throws {
        let test = try StoreUnderTest(engine)
        let stream = try await test.install()
        try await test.append("1", "2")
        try await test.settleHead(stream, .delivered)
        #expect(try await findings(test, after: 3600).isEmpty)
    }

    @Test(arguments: EngineUnderTest.allCases)
    func `dead letters are counted by add-on, with the command that delivers them again`(
        engine: EngineUnderTest
    ) async throws {
        let test = try StoreUnderTest(engine)
        for workspace in ["ws1", "ws2"] {
            let stream = try await test.install(workspace)
            try await test.append("1", to: workspace)
            try await test.settleHead(stream, .dead(.status(404)))
            try await test.settleHead(stream, .dead(.status(404)))
        }
        let found = try await findings(test)
        #expect(found.map(\.name) == ["dead letters"] && found.map(\.status) == [.warn])
        #expect(found.first?.message == "4 of test-addon")
        #expect(found.first?.fix?.contains("innkeeper events replay --dead --addon test-addon") == true)
        let all = await test.store.findings(at: test.now)
        #expect(all.contains { $0.name == "dead letters" }, "doctor tells it")
    }

    @Test(arguments: EngineUnderTest.allCases)
    func `a target that fails is told after the clock was put back`(engine: EngineUnderTest) async throws {
        let test = try StoreUnderTest(engine)
        let stream = try await test.install()
        try await test.settleHead(stream, .retry(at: test.later(30), .status(503)))
        let found = try #require(try await findings(test, after: -86_400).first)
        #expect(
            found.message
                == "they fail for 1 installation, of events since \(test.later(-86_400).rfc3339): HTTP 503 (1)")
    }

    @Test(arguments: EngineUnderTest.allCases)
    func `a target that fails is told with its failures and since when, after a minute`(
        engine: EngineUnderTest
    ) async throws {
        let test = try StoreUnderTest(engine)
        let arrived = test.now
        let failures: [DeliveryFailure] = [.status(503), .cannotConnect, .cannotConnect]
        for (number, failure) in failures.enumerated() {
            let workspace = "ws\(number)"
            let stream = try await test.install(workspace)
            try await test.settleHead(stream, .retry(at: test.later(30), failure))
        }
        #expect(try await findings(test, after: 59).isEmpty)
        let found = try #require(try await findings(test, after: 60).first)
        #expect(found.name == "deliveries of test-addon" && found.status == .warn)
        let since = arrived.rfc3339
        #expect(
            found.message
                == "they fail for 3 installations, of events since \(since): cannot connect (2), HTTP 503 (1)")
        #expect(found.fix?.contains("innkeeper events list --state pending --addon test-addon") == true)
        for (holds, words) in [(2, "for at least 2 installations"), (3, "for 3 installations")] {
            let some = try await test.store.deliveryFindings(at: test.later(60), among: holds).first
            #expect(some?.message.contains(words) == true)
        }
    }

    @Test(arguments: EngineUnderTest.allCases)
    func `what a worker holds does not fail`(engine: EngineUnderTest) async throws {
        let test = try StoreUnderTest(engine)
        let stream = try await test.install()
        _ = try await test.leaseHead(stream, seconds: 3600)
        #expect(try await findings(test, after: 600).isEmpty)
    }
}

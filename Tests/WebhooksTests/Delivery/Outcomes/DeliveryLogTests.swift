import InMemoryLogging
import Installations
import Logging
import Marketplace
import MetricsTestKit
import Testing

@testable import Webhooks

@Suite(.timeLimit(.minutes(1))) struct DeliveryLogTests {
    private let lines = InMemoryLogHandler()
    private let budget = LineBudget()
    private let log: DeliveryLog
    private let ids = EventIDGenerator(after: nil)

    init() { log = DeliveryLog(logger: Logger(label: "test") { [lines] _ in lines }, lines: budget) }

    /// Dead letters of an add-on, one a second of a window.
    private func bury(_ count: Int, of addonKey: String, _ failure: DeliveryFailure = .status(404)) throws {
        let key = try #require(AddonKey(addonKey))
        for number in 0..<count {
            log.note(
                .deadLetter, of: key, event: ids.next(at: .now()), reason: failure.text,
                at: UInt64(number % 60) * 1_000_000_000)
        }
    }

    private func metadata(_ name: String) -> [String] { lines.entries.compactMap { $0.metadata[name]?.description } }

    @Test func `a few dead letters have a line each`() throws {
        try bury(DeliveryLog.limit, of: "one")
        log.summarise(at: DeliveryLog.period)
        #expect(lines.entries.map { "\($0.message)" } == Array(repeating: "dead letter", count: DeliveryLog.limit))
        #expect(Set(metadata("event")).count == DeliveryLog.limit)
        #expect(metadata("count").isEmpty)
    }

    @Test func `a flood of dead letters is a few lines and a count for each add-on`() throws {
        try bury(60, of: "one")
        try bury(700, of: "one", .status(410))
        try bury(80, of: "one", .status(401))
        try bury(70, of: "one", .status(400))
        try bury(3, of: "two")
        log.summarise(at: DeliveryLog.period - 1)
        #expect(lines.entries.count == DeliveryLog.limit + 3, "the window has not ended")
        log.summarise(at: DeliveryLog.period)
        log.summarise(at: DeliveryLog.period)
        #expect(lines.entries.count == DeliveryLog.limit + 4)
        let sum = try #require(lines.entries.last)
        #expect("\(sum.message)".contains("innkeeper events list --state dead") && sum.level == .warning)
        #expect(metadata("addon").last == "one")
        #expect(metadata("count") == ["900"])
        #expect(metadata("reasons") == ["HTTP 410: 700, HTTP 401: 80, HTTP 400: 70, others: 50"])
    }

    @Test func `a window that nobody looked at is summed up by the next line`() throws {
        try bury(DeliveryLog.limit + 5, of: "one")
        let key = try #require(AddonKey("one"))
        log.note(.deadLetter, of: key, at: DeliveryLog.period)
        #expect(metadata("count") == ["5"])
        #expect(lines.entries.count == DeliveryLog.limit + 2)
    }

    @Test func `what was counted is said before the end`() async throws {
        try bury(200, of: "one")
        let log = log
        let running = Task { try await log.run() }
        running.cancel()
        try await running.value
        #expect(metadata("count") == ["190"])
    }

    @Test func `what finds no room in the process's budget is counted as well`() throws {
        let key = try #require(AddonKey("one"))
        for _ in 0..<LineBudget.perSecond { _ = budget.spend(at: 0) }
        for _ in 0..<3 { log.note(.deadLetter, of: key, reason: "HTTP 404", at: 0) }
        #expect(lines.entries.isEmpty)
        log.summarise(at: DeliveryLog.period)
        #expect(metadata("count") == ["3"])
    }

    @Test func `a store that fails for long, or a target that comes and goes, has few lines`() throws {
        let key = try #require(AddonKey("one"))
        let report = DeliveryReport(
            addonKey: key, log: log, outcomes: DeliveryOutcomes(metrics: TestMetrics()))
        for _ in 0..<1000 {
            report.storeFailed(.unavailable(.full, code: "13"))
            report.breaker(isOpen: true)
            report.breaker(isOpen: false)
            report.settled(ids.next(at: .now()), .postponed(until: .now()))
        }
        #expect(lines.entries.count <= 4 * DeliveryLog.limit)
        log.summarise(at: .max, isLast: true)
        #expect(metadata("count").compactMap(Int.init).reduce(lines.entries.count - 4, +) == 4000)
    }
}

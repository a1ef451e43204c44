import Installations
import Logging
import Marketplace
import MetricsTestKit
import Synchronization
import Testing

@testable import Webhooks

@Suite struct DeliveryReportTests {
    @Test func `a target that buries everything does not flood the log`() throws {
        let (lines, budget) = (Lines(), LineBudget())
        let addonKey = try #require(AddonKey("test-addon"))
        let report = DeliveryReport(addonKey: addonKey, logger: lines.logger, metrics: TestMetrics(), lines: budget)
        let ids = EventIDGenerator(after: nil)
        for number in 0..<1000 {
            let at = Timestamp(milliseconds: Int64(number))
            report.settled(
                Settlement(event: ids.next(at: at), installation: 1, change: .dead(.damaged), at: at))
        }
        let written = lines.count
        // However long it took, no second has more.
        #expect(written >= LineBudget.perSecond - 1)
        #expect(written + (budget.summary(at: .max / 2) ?? 0) == 1000, "what is not written is counted")
        #expect(written < 1000)
    }

    /// Counts log lines.
    private final class Lines: LogHandler, Sendable {
        private let lines = Atomic(0)
        var count: Int { lines.load(ordering: .relaxed) }
        var logger: Logger { Logger(label: "test") { _ in self } }

        func log(event: LogEvent) { lines.add(1, ordering: .relaxed) }
        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { nil }
            set {}
        }
        var metadata: Logger.Metadata {
            get { [:] }
            set {}
        }
        var logLevel: Logger.Level {
            get { .trace }
            set {}
        }
    }
}

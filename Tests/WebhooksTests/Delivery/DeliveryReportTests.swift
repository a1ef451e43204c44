import InMemoryLogging
import Installations
import Logging
import Marketplace
import MetricsTestKit
import Testing

@testable import Webhooks

@Suite struct DeliveryReportTests {
    @Test func `a target that buries everything does not flood the log`() throws {
        let (log, budget) = (InMemoryLogHandler(), LineBudget())
        let addonKey = try #require(AddonKey("test-addon"))
        let report = DeliveryReport(
            addonKey: addonKey, logger: Logger(label: "test") { _ in log }, metrics: TestMetrics(), lines: budget)
        let ids = EventIDGenerator(after: nil)
        for number in 0..<1000 {
            let at = Timestamp(milliseconds: Int64(number))
            report.settled(
                Settlement(event: ids.next(at: at), installation: 1, change: .dead(.damaged), at: at))
        }
        let written = log.entries.count
        // However long it took, no second has more.
        #expect(written >= LineBudget.perSecond - 1)
        #expect(written + (budget.summary(at: .max / 2) ?? 0) == 1000, "what is not written is counted")
        #expect(written < 1000)
    }
}

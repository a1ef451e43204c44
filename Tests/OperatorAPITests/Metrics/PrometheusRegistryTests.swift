import CoreMetrics
import Installations
import Testing

@testable import OperatorAPI

@Suite struct PrometheusRegistryTests {
    private let counter = Metric.ingressRequests.rawValue

    @Test func `counters, gauges and histograms are written in Prometheus' text format`() {
        let registry = PrometheusRegistry()
        registry.makeCounter(label: counter, dimensions: [("route", "webhook"), ("status", "401")]).increment(by: 1)
        registry.makeCounter(label: counter, dimensions: [("route", "webhook"), ("status", "204")]).increment(by: 3)
        let timer = registry.makeTimer(label: Metric.inboxCommitSeconds.rawValue, dimensions: [])
        timer.recordNanoseconds(200_000)
        timer.recordNanoseconds(30_000_000_000)
        let text = registry.text(with: [GaugeSample(.inboxWaiting, [], 7)])
        #expect(
            text.contains(
                """
                # HELP innkeeper_ingress_requests_total \(Metric.ingressRequests.help)
                # TYPE innkeeper_ingress_requests_total counter
                innkeeper_ingress_requests_total{route="webhook",status="204"} 3
                innkeeper_ingress_requests_total{route="webhook",status="401"} 1

                """))
        #expect(text.contains("# TYPE innkeeper_inbox_waiting_events gauge\ninnkeeper_inbox_waiting_events 7.0\n"))
        let name = Metric.inboxCommitSeconds.rawValue
        #expect(text.contains("\(name)_bucket{le=\"0.0001\"} 0\n\(name)_bucket{le=\"0.00025\"} 1\n"))
        #expect(text.contains("\(name)_bucket{le=\"+Inf\"} 2\n"))
        #expect(text.contains("\(name)_count 2\n"))
    }

    @Test func `the same label and dimensions are the same series`() {
        let registry = PrometheusRegistry()
        for _ in 0..<5 { registry.makeCounter(label: counter, dimensions: [("a", "b")]).increment(by: 1) }
        #expect(registry.text().hasSuffix("\n\(counter){a=\"b\"} 5\n"))
    }

    @Test func `what is not in the list is not kept, nor a metric of another kind`() {
        let registry = PrometheusRegistry()
        registry.makeCounter(label: "a_librarys_own_total", dimensions: []).increment(by: 1)
        registry.makeRecorder(label: counter, dimensions: [], aggregate: false).record(Int64(1))
        registry.makeTimer(label: counter, dimensions: []).recordNanoseconds(1)
        #expect(registry.text() == "\n")
    }

    @Test func `a metric has a bounded number of series, whatever its labels are`() {
        let registry = PrometheusRegistry()
        for number in 0..<5000 {
            registry.makeCounter(label: counter, dimensions: [("n", "\(number)")]).increment(by: 1)
        }
        let lines = registry.text().split(separator: "\n").filter { !$0.hasPrefix("#") }
        #expect(lines.count == PrometheusRegistry.maximumSeries)
    }

    @Test func `a label's value is escaped`() {
        let registry = PrometheusRegistry()
        registry.makeCounter(label: counter, dimensions: [("a", "x\"y\\z\nw")]).increment(by: 1)
        #expect(registry.text().contains(#"{a="x\"y\\z\nw"} 1"#))
    }

    @Test func `every metric has a help, and its name says its kind`() {
        for metric in Metric.allCases {
            #expect(metric.help.hasSuffix(".") && !metric.help.contains("\n"))
            #expect((metric.kind == .counter) == metric.rawValue.hasSuffix("_total"), "\(metric)")
            if metric.kind == .histogram { #expect(metric.rawValue.hasSuffix("_seconds")) }
        }
    }
}

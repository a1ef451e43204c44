import CoreMetrics
import Testing

@testable import OperatorAPI

@Suite struct PrometheusRegistryTests {
    @Test func `counters, gauges and histograms are written in Prometheus' text format`() {
        let registry = PrometheusRegistry()
        registry.makeCounter(label: "b_total", dimensions: [("route", "webhook"), ("status", "204")]).increment(by: 3)
        registry.makeCounter(label: "b_total", dimensions: [("route", "webhook"), ("status", "401")]).increment(by: 1)
        registry.makeRecorder(label: "depth", dimensions: [], aggregate: false).record(Int64(7))
        let timer = registry.makeTimer(label: "a_seconds", dimensions: [])
        timer.recordNanoseconds(200_000)
        timer.recordNanoseconds(30_000_000_000)
        let text = registry.text()
        #expect(
            text.contains(
                "# TYPE b_total counter\nb_total{route=\"webhook\",status=\"204\"} 3\nb_total{route=\"webhook\",status=\"401\"} 1\n"
            ))
        #expect(text.contains("# TYPE depth gauge\ndepth 7.0\n"))
        #expect(text.contains("a_seconds_bucket{le=\"0.0001\"} 0\n"))
        #expect(text.contains("a_seconds_bucket{le=\"0.00025\"} 1\n"))
        #expect(text.contains("a_seconds_bucket{le=\"5.0\"} 1\n"))
        #expect(text.contains("a_seconds_bucket{le=\"+Inf\"} 2\n"))
        #expect(text.contains("a_seconds_count 2\n"))
    }

    @Test func `the same label and dimensions are the same series`() {
        let registry = PrometheusRegistry()
        for _ in 0..<5 { registry.makeCounter(label: "x", dimensions: [("a", "b")]).increment(by: 1) }
        #expect(registry.text() == "# TYPE x counter\nx{a=\"b\"} 5\n")
    }
}

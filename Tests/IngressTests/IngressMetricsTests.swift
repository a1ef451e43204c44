import MetricsTestKit
import NIOCore
import Testing

@testable import Ingress

@Suite struct IngressMetricsTests {
    @Test func `every route and status has its own counter`() {
        let metrics = TestMetrics()
        let ingress = IngressMetrics(factory: metrics)
        for route in RouteKind.allCases {
            for status in Answer.Status.allCases { ingress.answered(route, status, after: .milliseconds(1)) }
        }
        for route in RouteKind.allCases {
            for status in Answer.Status.allCases {
                let dimensions = [("route", route.label), ("status", String(status.rawValue))]
                #expect(metrics.counterTotal(label: "innkeeper_ingress_requests_total", dimensions: dimensions) == 1)
            }
        }
    }

    @Test func `a refusal's counter is made once`() {
        let metrics = TestMetrics()
        let ingress = IngressMetrics(factory: metrics)
        for _ in 0..<3 { ingress.refused(.webhook, "signature") }
        let counters = metrics.counters(label: "innkeeper_ingress_refusals_total")
        #expect(counters.count == 1)
        #expect(counters.first?.totalValue == 3)
    }
}

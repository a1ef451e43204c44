import Hummingbird

/// What needs no key: liveness, readiness, metrics.
struct HealthRoutes {
    let services: OperatorServices

    func add(to router: Router<OperatorContext>) {
        router.addOpen("healthz") { "ok" }
        router.addOpen("readyz") {
            guard let reason = await services.readiness() else { return EditedResponse(response: "ready") }
            return EditedResponse(status: .serviceUnavailable, response: reason)
        }
        router.addOpen("metrics") {
            EditedResponse(
                headers: [.contentType: "text/plain; version=0.0.4; charset=utf-8"],
                response: await services.metrics())
        }
    }
}

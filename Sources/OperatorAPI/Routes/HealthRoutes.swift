import Hummingbird

/// What needs no key: liveness, readiness, metrics.
struct HealthRoutes {
    let services: OperatorServices

    func add(to router: Router<OperatorContext>) {
        router.get("healthz") { _, _ in "ok" }
        router.get("readyz") { _, _ in
            guard let reason = await services.readiness() else { return EditedResponse(response: "ready") }
            return EditedResponse(status: .serviceUnavailable, response: reason)
        }
        router.get("metrics") { _, _ in
            EditedResponse(
                headers: [.contentType: "text/plain; version=0.0.4; charset=utf-8"],
                response: await services.metrics())
        }
    }
}

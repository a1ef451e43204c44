import Hummingbird
package import Installations
package import Marketplace

/// The add-ons of this deployment, and what `doctor` asks the server.
struct AddonRoutes {
    let services: OperatorServices

    func add(to api: RouterGroup<OperatorContext>) {
        api.add(.get, "addons", .needs(.read)) { _, _, caller in
            JSONResponse.make(services.manifests.filter { caller.sees($0.key) }.map(AddonJSON.init))
        }
        api.add(.get, "doctor", .needs(.admin, about: .deployment)) { _, _, _ in
            JSONResponse.make(DoctorJSON(checks: await services.checks().map(CheckJSON.init)))
        }
    }
}

extension CheckJSON {
    /// A finding on the wire.
    package init(_ finding: Finding) {
        self.init(name: finding.name, status: finding.status.rawValue, message: finding.message, fix: finding.fix)
    }
}

extension AddonJSON {
    /// A manifest as the operator sees it; also what `addons check` shows of a file.
    package init(_ manifest: Manifest) {
        self.init(
            key: manifest.key.text, name: manifest.name, baseUrl: manifest.baseURL,
            lifecycle: manifest.lifecycle.map { .init(path: $0.path.text, type: $0.type.rawValue) },
            webhooks: manifest.webhooks.map { .init(path: $0.path.text, type: $0.event.text) },
            warnings: manifest.warnings.map(\.description))
    }
}

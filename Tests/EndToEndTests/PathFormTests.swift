import Marketplace
import Testing

/// Paths match in every spelling the platform is known to use (protocol.md section 6).
@Suite(.timeLimit(.minutes(5)))
struct PathFormTests {
    @Test(arguments: [
        "https://addon.example.com", "https://addon.example.com/", "https://addon.example.com/clockify/v1/",
    ])
    func `every spelling of a request's and of a webhook's path matches`(baseURL: String) async throws {
        let manifest = ManifestText.make(
            baseURL: baseURL, webhooks: [("NEW_TASK", "/webhooks/task"), ("NEW_TAG", "/webhooks/tag/")])
        try await Deployment.with([manifest]) { deployment in
            let platform = deployment.platform
            let server = try await deployment.serve()
            let base = platform.manifest.basePath.text == "/" ? "" : platform.manifest.basePath.text
            let wire: [(String, (String) -> String)] = [
                ("as in the manifest", { $0 }), ("double slash", { "/" + $0 }), ("trailing slash", { $0 + "/" }),
                ("full URL", { "https://addon.example.com" + base + $0 }), ("below the base", { base + $0 }),
                ("URL with double slash", { "https://addon.example.com/" + base + "//" + $0 + "/" }),
            ]
            let requests: [(String) -> String] = [
                { $0 }, { "/" + $0 }, { $0 + "/" }, { $0 + "?a=b" }, { "//" + $0 + "//?c" },
                { "https://addon.example.com" + $0 }, { "http://127.0.0.1:\(server.ingress)" + $0 + "?x=/y" },
            ]
            for (number, (name, spelling)) in wire.enumerated() {
                let tenant = Tenant("ws\(number)")
                let install = try platform.install(tenant, spelling: spelling)
                let target = requests[number](install.target)
                #expect(try await server.send(install.to(target)).status == 204, "\(name)")
                for (event, path) in [("NEW_TASK", "/webhooks/task"), ("NEW_TAG", "/webhooks/tag")] {
                    let webhook = try platform.webhook(tenant, path: path, event: event)
                    for request in requests {
                        let target = request(webhook.target)
                        #expect(try await server.send(webhook.to(target)).status == 204, "\(name): \(target)")
                    }
                    let other = try platform.webhook(tenant, path: path, event: event, salt: "other")
                    #expect(try await server.send(other).status == 401)
                }
            }
        }
    }

    @Test func `what only looks like a path is another path`() async throws {
        try await Deployment.with { deployment in
            let (platform, tenant) = (deployment.platform, Tenant("ws1"))
            let server = try await deployment.serve()
            _ = try await server.send(try platform.install(tenant))
            let webhook = try platform.webhook(tenant)
            for target in [
                "/webhooks/TIME", "/webhooks/%74ime", "/webhooks/./time", "/webhooks/project/../time",
                "/webhooks/time;x",
                "/webhooks", "/webhooks/time/more", "/x/webhooks/time", "*",
            ] {
                #expect(try await server.send(webhook.to(target)).status == 404, "\(target)")
            }
        }
    }
}

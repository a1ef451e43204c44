import Foundation
import Testing

/// The manifests as the platform fetches them (contract.md section 2).
@Suite(.timeLimit(.minutes(5)))
struct ManifestServingTests {
    @Test func `a manifest is served with its exact bytes under three names`() async throws {
        let manifest = "{ \"unknown\": [1.50, \"é\\u00e9\"],\r\n" + ManifestText.make(webhooks: []).dropFirst() + "\n\n"
        try await Deployment.with([manifest]) { deployment in
            let server = try await deployment.serve()
            for target in ["/manifest", "/manifest.json", "/manifests/test-addon.json", "/manifest?v=1", "//manifest/"]
            {
                let answer = try await server.send(.get(target))
                #expect(answer.status == 200, "\(target)")
                #expect(answer.body == Array(manifest.utf8), "\(target)")
                #expect(answer.fields["content-type"] == "application/json")
            }
        }
    }

    @Test func `two add-ons of one base path have only their own addresses`() async throws {
        let manifests = ["first", "second"].map { key in
            ManifestText.make(key: key, lifecycle: "/\(key)/lifecycle", webhooks: [("NEW_TASK", "/\(key)/task")])
        }
        let third = ManifestText.make(key: "third", baseURL: "https://addon.example.com/third", webhooks: [])
        try await Deployment.with(manifests + [third]) { deployment in
            let server = try await deployment.serve()
            func body(_ target: String) async throws -> String? {
                let answer = try await server.send(.get(target))
                return answer.status == 200 ? answer.text : nil
            }
            #expect(try await server.send(.get("/manifest")).status == 404)
            #expect(try await server.send(.get("/manifest.json")).status == 404)
            #expect(try await body("/manifests/first.json") == manifests[0])
            #expect(try await body("/manifests/second.json") == manifests[1])
            #expect(try await body("/third/manifest") == third)
            #expect(try await body("/third/manifest.json") == third)
            #expect(try await body("/third/manifests/third.json") == third)
            #expect(try await server.send(.get("/manifests/third.json")).status == 404)
        }
    }

    @Test func `the tokens of one add-on do not open another's routes`() async throws {
        let manifests = ["first", "second"].map { key in
            ManifestText.make(key: key, lifecycle: "/\(key)/lifecycle", webhooks: [("NEW_TASK", "/\(key)/task")])
        }
        try await Deployment.with(manifests) { deployment in
            let server = try await deployment.serve()
            let first = deployment.platform
            let tenant = Tenant("ws1")
            let install = try first.install(tenant)
            #expect(try await server.send(install.to("/second/lifecycle/INSTALLED")).status == 401)
            #expect(try await server.send(install).status == 204)
            let webhook = try first.webhook(tenant, path: "/first/task", event: "NEW_TASK")
            #expect(try await server.send(webhook.to("/second/task")).status == 401)
            #expect(try await server.send(webhook).status == 204)
        }
    }
}

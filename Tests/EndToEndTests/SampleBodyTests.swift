import Foundation
import OperatorAPI
import Testing

/// Real bodies through a real server.
@Suite(.timeLimit(.minutes(5)))
struct SampleBodyTests {
    @Test(.enabled(if: Vectors.isAvailable, Vectors.absent))
    func `every sample body comes back byte for byte`() async throws {
        let samples = try Vectors.webhookSamples()
        #expect(samples.count == 49)
        try await Deployment.with([ManifestText.make(webhooks: ManifestText.allEvents)]) { deployment in
            let platform = deployment.platform
            let paths = Dictionary(uniqueKeysWithValues: ManifestText.allEvents)
            #expect(paths.count == 52)
            let server = try await deployment.serve()
            // A body names its workspace, and only that workspace may send it.
            let tenants = try samples.map { try tenant(of: $0.body) }
            for tenant in Set(tenants) { #expect(try await server.send(try platform.install(tenant)).status == 204) }
            for (sample, tenant) in zip(samples, tenants) {
                let path = try #require(paths[sample.event])
                let request = try platform.webhook(tenant, path: path, event: sample.event, body: sample.body)
                #expect(try await server.send(request).status == 204, "\(sample.event)")
            }

            let page = try await deployment.json("events", "list", "--limit", "500", as: EventPageJSON.self)
            let bodies = Dictionary(uniqueKeysWithValues: samples.map { ($0.event, $0.body) })
            let webhooks = page.events.filter { bodies[$0.type] != nil }
            #expect(webhooks.count == samples.count)
            try await withThrowingTaskGroup(of: Void.self) { group in
                for (index, event) in webhooks.enumerated() {
                    // Two commands at a time: each is a process.
                    if index >= 2 { try await group.next() }
                    group.addTask {
                        let shown = try await deployment.run("events", "show", event.id, "--body")
                        #expect(shown.status == 0 && shown.output == bodies[event.type], "\(event.type)")
                    }
                }
                try await group.waitForAll()
            }
        }
    }

    private func tenant(of body: [UInt8]) throws -> Tenant {
        let object = try JSONSerialization.jsonObject(with: Data(body)) as? [String: Any]
        return Tenant(object?["workspaceId"] as? String ?? "5f11791a4e759e12c40733ba")
    }
}

import Testing

@testable import OperatorAPI

@Suite struct KnownRoutesTests {
    @Test func `a path knows its methods, whatever stands for its parameters`() async throws {
        let routes = OperatorServer(services: try await Harness().services).knownRoutes
        #expect(routes.methods(of: "/api/v1/installations") == ["GET"])
        #expect(routes.methods(of: "/api/v1/keys") == ["GET", "POST"])
        #expect(routes.methods(of: "/api/v1/api-keys/00000000") == ["DELETE"])
        #expect(routes.methods(of: "//api/v1/installations/a/b/c/token/") == ["POST"])
        #expect(routes.methods(of: "/api/v1/events/evt_0000000000001") == ["GET"])
        #expect(routes.methods(of: "/api/v1/events/replay") == ["POST"], "not those of an event of that name")
        #expect(routes.methods(of: "/api/v1/nothing") == [])
        #expect(routes.methods(of: "/") == [])
    }

    @Test func `only a route's pattern has a name`() async throws {
        let routes = OperatorServer(services: try await Harness().services).knownRoutes
        let one = "/api/v1/installations/{addonKey}/{workspaceId}/{addonId}"
        #expect(routes.pattern(one) == one)
        #expect(routes.pattern("/api/v1/installations/a/b/c") == "none")
        #expect(routes.pattern(nil) == "none")
    }
}

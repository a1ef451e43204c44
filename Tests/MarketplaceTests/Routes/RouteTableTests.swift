import Marketplace
import Testing

@Suite struct RouteTableTests {
    private func manifest(
        _ key: String, base: String = "", lifecycle: String = "/installed", webhook: String = "/hook"
    ) throws -> Manifest {
        try Manifest(
            ManifestText.make(
                key: "\"\(key)\"", baseURL: "\"https://h.example\(base)\"",
                lifecycle: #"[{"path":"\#(lifecycle)","type":"INSTALLED"}]"#,
                webhooks: #"[{"event":"NEW_TAG","path":"\#(webhook)"},{"event":"NEW_TASK","path":"\#(webhook)"}]"#))
    }

    private func conflict(_ manifests: Manifest...) -> RouteConflict? {
        do throws(RouteConflict) {
            _ = try RouteTable(manifests)
            return nil
        } catch {
            return error
        }
    }

    @Test func `requests find the route of their path below the base`() throws {
        let manifest = try manifest("one", base: "/v1")
        let table = try RouteTable([manifest])
        let path = try #require(manifest.webhooks.first).path
        let events = Set(manifest.webhooks.map(\.event))
        #expect(table.route("/v1/installed") == .lifecycle(addon: manifest.key, type: .installed))
        #expect(table.route("/v1/hook") == .webhook(addon: manifest.key, path: path, events: events))
        #expect(events.count == 2)
        for other in ["/hook", "/installed", "/v1", "/v1/hook/x", "/V1/hook", "/v1/%68ook", "/v1/../v1/hook", "", "*"] {
            #expect(table.route(other) == nil, "\(other)")
        }
    }

    @Test(arguments: ["/hook", "//hook", "/hook/", "/hook?x=1", "https://any.example/hook", "/hook#f"])
    func `every form of a target finds its route`(target: String) throws {
        let table = try RouteTable([try manifest("one")])
        #expect(table.route(target) != nil)
        #expect(table.route(target) == table.route("/hook"))
    }

    @Test func `manifests are found by base path while alone there, and always by key`() throws {
        let table = try RouteTable([
            try manifest("one"), try manifest("two", base: "/b"), try manifest("a/b é", base: "/c"),
        ])
        #expect(table.route("/manifest") == .manifest(index: 0))
        #expect(table.route("/manifest.json") == .manifest(index: 0))
        #expect(table.route("/b/manifest") == .manifest(index: 1))
        #expect(table.route("/b/manifests/two.json") == .manifest(index: 1))
        #expect(table.route("/manifests/two.json") == nil)
        #expect(table.route("/c/manifests/a%2Fb%20%C3%A9.json") == .manifest(index: 2))
    }

    @Test func `two add-ons with one base path share no manifest address`() throws {
        let table = try RouteTable([
            try manifest("one"), try manifest("two", lifecycle: "/two/installed", webhook: "/two/hook"),
        ])
        #expect(table.route("/manifest") == nil)
        #expect(table.route("/manifest.json") == nil)
        #expect(table.route("/manifests/one.json") == .manifest(index: 0))
        #expect(table.route("/manifests/two.json") == .manifest(index: 1))
    }

    @Test func `two add-ons that claim one path are refused by name`() throws {
        let one = try manifest("one")
        let lifecycle = try #require(conflict(one, try manifest("two", webhook: "/other")))
        #expect(lifecycle.description.contains("\"one\" and \"two\" both claim the path /installed"))
        let webhook = try #require(conflict(one, try manifest("two", lifecycle: "/other")))
        #expect(webhook.description.contains("/hook"))
        #expect(conflict(one, try manifest("two", lifecycle: "/hook", webhook: "/x")) != nil)
        #expect(conflict(one, try manifest("two", base: "/b")) == nil)
    }

    @Test func `one key for two manifests is refused`() throws {
        #expect(conflict(try manifest("one"), try manifest("one", base: "/b")) == .sameKey(try manifest("one").key))
    }

    @Test(arguments: ["/healthz", "/readyz/", "/manifest", "/manifest.json", "/manifests/one.json"])
    func `a path that the server answers itself is refused`(path: String) throws {
        let one = try manifest("one", webhook: path)
        #expect(conflict(one) == .reserved(try #require(RoutePath.normalise(path)), one.key))
        let two = try manifest("two", lifecycle: "/x", webhook: path)
        #expect(conflict(try manifest("one"), two) == .reserved(try #require(RoutePath.normalise(path)), two.key))
    }
}

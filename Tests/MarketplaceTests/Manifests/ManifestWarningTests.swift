import Marketplace
import Testing

@Suite struct ManifestWarningTests {
    private func warnings(_ bytes: [UInt8]) throws -> [String] { try Manifest(bytes).warnings.map(\.description) }

    @Test func `an event that nobody knows`() throws {
        let text = try warnings(ManifestText.make(webhooks: #"[{"event":"PROJECT_CREATED","path":"/a"}]"#))
        #expect(text == ["webhooks[0].event: PROJECT_CREATED is not a known event; check the spelling"])
    }

    @Test(arguments: [("1.3", "TAG_UPDATED"), ("1.4", "TAG_UPDATED"), ("1.5.1", "TIME_OFF_REQUEST_STARTED")])
    func `an event that the schema version lacks`(version: String, event: String) throws {
        let webhooks = #"[{"event":"NEW_TAG","path":"/a"},{"event":"\#(event)","path":"/a"}]"#
        let text = try warnings(ManifestText.make(version: "\"\(version)\"", webhooks: webhooks))
        let warning =
            "webhooks[1].event: schema version \(version) does not have \(event); use a newer schemaVersion"
        #expect(text == [warning])
    }

    @Test func `the same webhook twice`() throws {
        let webhooks = #"[{"event":"NEW_TAG","path":"/a"},{"event":"NEW_TAG","path":"/a/"}]"#
        #expect(try warnings(ManifestText.make(webhooks: webhooks)).first?.contains("declared twice") == true)
    }

    @Test func `several events on one path and one event on several paths are fine`() throws {
        let webhooks = [("NEW_TAG", "/a"), ("NEW_TASK", "/a"), ("NEW_TAG", "/b")].map { event, path in
            #"{"event":"\#(event)","path":"\#(path)"}"#
        }
        #expect(try warnings(ManifestText.make(webhooks: "[" + webhooks.joined(separator: ",") + "]")).isEmpty)
    }

    @Test func `lifecycle calls that are missing`() throws {
        let text = try warnings(ManifestText.make(lifecycle: "[]"))
        #expect(text.map { $0.prefix { $0 != ";" } } == ["lifecycle: no INSTALLED", "lifecycle: no DELETED"])
    }

    @Test func `a missing or unknown schema version`() throws {
        #expect(try Manifest(ManifestText.make(version: nil)).warnings == [.noSchemaVersion])
        #expect(try Manifest(ManifestText.make(version: #""9.9""#)).warnings == [.unknownSchemaVersion("9.9")])
        #expect(try Manifest(ManifestText.make(version: #""1.5.1""#)).warnings.isEmpty)
    }

    @Test(arguments: [
        ("http://addon.example.com", true), ("HTTP://1.2.3.4:80/x", true), ("http://localhost.evil.example", true),
        ("http://localhost:8080", false), ("http://127.0.0.1", false), ("http://[::1]:8080/x", false),
        ("https://addon.example.com", false),
    ])
    func `plain http to another machine`(url: String, isWarned: Bool) throws {
        #expect(try Manifest(ManifestText.make(baseURL: "\"\(url)\"")).warnings.contains(.plainHTTP) == isWarned)
    }
}

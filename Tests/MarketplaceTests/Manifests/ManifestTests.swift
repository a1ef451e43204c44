import Marketplace
import Testing

@Suite struct ManifestTests {
    private func error(_ bytes: [UInt8]) -> String? {
        do throws(ManifestError) {
            _ = try Manifest(bytes)
            return nil
        } catch {
            return error.description
        }
    }

    @Test func `the fields are read and the bytes kept`() throws {
        let bytes = ManifestText.make(
            baseURL: #""https://addon.example.com/v1/""#, more: #","components":[{"unknown":1}],"scopes":["TAG_READ"]"#)
        let manifest = try Manifest(bytes)
        #expect(manifest.key.text == "time-tracker")
        #expect(manifest.name == "Time tracker")
        #expect(manifest.basePath.text == "/v1")
        #expect(manifest.schemaVersion == "1.6")
        #expect(manifest.lifecycle.map(\.type) == [.installed, .deleted])
        #expect(manifest.webhooks.map(\.path.text) == ["/webhooks/projects"])
        #expect(manifest.warnings.isEmpty)
        #expect(manifest.bytes == bytes)
    }

    @Test func `an error names the field and the fix`() {
        let lifecycle = #"[{"path":"/a","type":"INSTALLED"},{"path":"/b","type":"UNINSTALLED"}]"#
        #expect(
            error(ManifestText.make(lifecycle: lifecycle)) == """
                lifecycle[1].type: "UNINSTALLED" is not one of INSTALLED, DELETED, SETTINGS_UPDATED, STATUS_CHANGED
                """)
    }

    @Test func `text that is not one strict object is refused with its line`() {
        #expect(error(Array("{\n\"key\":}".utf8)) == "line 2: not valid JSON")
        #expect(error(Array("{\"a\":1,\n\n\"a\":2}".utf8))?.hasPrefix("line 3: the same member name") == true)
        #expect(error(Array("[]".utf8)) == "the file must hold one JSON object")
    }

    @Test(arguments: [
        (ManifestText.make(key: "1"), "key: must be a string"),
        (ManifestText.make(key: #""a""#), "key: \"a\" must be 2 to 50"),
        (ManifestText.make(name: #""""#), "name: \"\" must be 1 to 50"),
        (ManifestText.make(baseURL: #""ftp://x""#), "baseUrl: \"ftp://x\" must be http"),
        (ManifestText.make(baseURL: #""https://""#), "baseUrl: \"https://\" must be"),
        (ManifestText.make(baseURL: #""https://x/?a=b""#), "baseUrl: \"https://x/?a=b\" must be"),
        (ManifestText.make(version: "1.6"), "schemaVersion: must be a string"),
        (ManifestText.make(version: #""""#), "schemaVersion: must be a string"),
        (ManifestText.make(lifecycle: "{}"), "lifecycle: must be an array"),
        (ManifestText.make(lifecycle: "[1]"), "lifecycle[0]: must be an object"),
        (ManifestText.make(lifecycle: #"[{"type":"DELETED"}]"#), "lifecycle[0].path: missing"),
        (ManifestText.make(lifecycle: #"[{"path":"","type":"DELETED"}]"#), "lifecycle[0].path: \"\" must be a path"),
        (ManifestText.make(webhooks: #"[{"event":"new","path":"/a"}]"#), "webhooks[0].event: \"new\" is not"),
        (ManifestText.make(webhooks: #"[{"event":"NEW_TAG","path":"/a b"}]"#), "webhooks[0].path: \"/a b\" must"),
    ])
    func `each field is checked`(bytes: [UInt8], message: String) throws {
        let text = try #require(error(bytes))
        #expect(text.hasPrefix(message), "\(text)")
    }

    @Test func `an integer is a schema version too`() throws {
        #expect(try Manifest(ManifestText.make(version: "2")).warnings == [.unknownSchemaVersion("2")])
    }

    @Test func `one path for two lifecycle calls is refused`() {
        let lifecycle = #"[{"path":"/a","type":"INSTALLED"},{"path":"//a/","type":"DELETED"}]"#
        #expect(error(ManifestText.make(lifecycle: lifecycle))?.hasPrefix("lifecycle[1].path: the path /a") == true)
    }

    @Test func `one path for a lifecycle call and a webhook is refused`() {
        let webhooks = #"[{"event":"NEW_TAG","path":"/installed"}]"#
        #expect(error(ManifestText.make(webhooks: webhooks))?.hasPrefix("webhooks[0].path: the path /inst") == true)
    }

    @Test func `more than 256 webhooks are refused`() throws {
        func webhooks(_ count: Int) -> String {
            "[" + (0..<count).map { #"{"event":"NEW_TAG","path":"/w\#($0)"}"# }.joined(separator: ",") + "]"
        }
        #expect(error(ManifestText.make(webhooks: webhooks(256))) == nil)
        #expect(error(ManifestText.make(webhooks: webhooks(257)))?.hasPrefix("webhooks: 257 entries") == true)
    }

    @Test func `values in messages are cut and printable`() throws {
        let long = String(repeating: "x", count: 500)
        let text = try #require(error(ManifestText.make(lifecycle: #"[{"path":"/a","type":"\u001b[2J\#(long)"}]"#)))
        #expect(!text.contains("\u{1B}"))
        #expect(text.count < 200)
    }

    @Test(arguments: ["https://addon.example.com/v1/hook", "//hook", "/hook/", "hook", "//v1/hook", "/hook?x=1"])
    func `all forms of an installed webhook's path mean the manifest's path`(wire: String) throws {
        let manifest = try Manifest(
            ManifestText.make(
                baseURL: #""https://addon.example.com/v1""#, webhooks: #"[{"event":"NEW_TAG","path":"/hook"}]"#))
        #expect(manifest.webhookPath(matching: wire)?.text == "/hook")
    }

    @Test func `a path of nobody means nothing`() throws {
        let manifest = try Manifest(ManifestText.make(baseURL: #""https://addon.example.com/v1""#))
        for wire in ["", "/other", "/v1", "/v2/webhooks/projects", "/v1webhooks/projects", "/installed"] {
            #expect(manifest.webhookPath(matching: wire) == nil, "\(wire)")
        }
    }

    @Test func `a full URL is read with the base path first, a path without`() throws {
        let webhooks = #"[{"event":"NEW_TAG","path":"/hook"},{"event":"NEW_TAG","path":"/v1/hook"}]"#
        let manifest = try Manifest(
            ManifestText.make(baseURL: #""https://addon.example.com/v1""#, webhooks: webhooks))
        #expect(manifest.webhookPath(matching: "https://addon.example.com/v1/hook")?.text == "/hook")
        #expect(manifest.webhookPath(matching: "/v1/hook")?.text == "/v1/hook")
    }
}

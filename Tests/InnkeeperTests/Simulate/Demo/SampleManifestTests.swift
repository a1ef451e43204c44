import FoundationEssentials
import Marketplace
import Testing

@testable import Innkeeper

@Suite struct SampleManifestTests {
    @Test func `the manifest in the code is the file's, byte for byte`() throws {
        let root = #filePath.split(separator: "/").dropLast(5).joined(separator: "/")
        let file = try #require(FileManager.default.contents(atPath: "/\(root)/scripts/sample-manifest.json"))
        #expect(String(decoding: file, as: UTF8.self) == SampleManifest.text)
    }

    @Test func `it can be served without a warning`() throws {
        let manifest = try Manifest(Array(SampleManifest.text.utf8))
        #expect(manifest.key.text == SampleManifest.key)
        #expect(manifest.warnings.isEmpty)
        #expect(Set(manifest.lifecycle.map(\.type)) == Set(LifecycleType.allCases))
        _ = try RouteTable([manifest])
    }

    @Test func `it has several events on one path and one event on two paths`() throws {
        let manifest = try Manifest(Array(SampleManifest.text.utf8))
        #expect(manifest.webhookEvents.values.contains { $0.count > 1 })
        #expect(Dictionary(grouping: manifest.webhooks, by: \.event).values.contains { $0.count > 1 })
    }
}

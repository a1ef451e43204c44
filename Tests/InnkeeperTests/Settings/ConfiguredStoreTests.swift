import Foundation
import TestSupport
import Testing

@testable import Innkeeper

/// The store that a restored configuration names.
@Suite struct ConfiguredStoreTests {
    @Test(arguments: [
        nil, "{}", #"{"store": "postgres://live.example.com/ik"}"#,
        #"{"store": {"url": "postgres://live.example.com/ik", "connections": 3}, "log": {"level": "debug"}}"#,
    ])
    func `it is the one that was named, and all else stays`(before: String?) throws {
        let directory = try TemporaryDirectory()
        let path = directory.path + "/innkeeper.json"
        if let before { try Data(before.utf8).write(to: URL(filePath: path)) }
        try ConfiguredStore.put(try StoreChoice("sqlite", from: .flag("--store")), into: path)
        let text = try String(contentsOfFile: path, encoding: .utf8)
        #expect(text.contains(#""url" : "sqlite""#) && !text.contains("live.example.com"))
        if before?.contains("connections") == true {
            #expect(text.contains(#""connections" : 3"#) && text.contains(#""level" : "debug""#))
        }
        _ = try ConfigurationFile(path: path)
        let mode = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
        #expect(mode == 0o600)
    }
}

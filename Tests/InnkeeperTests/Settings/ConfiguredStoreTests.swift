import Testing

@testable import Innkeeper

/// The store that a restored configuration names.
@Suite struct ConfiguredStoreTests {
    @Test(arguments: [
        nil, "{}", #"{"store": "postgres://live.example.com/ik"}"#,
        #"{"store": {"url": "postgres://live.example.com/ik", "connections": 3}, "log": {"level": "debug"}}"#,
    ])
    func `it is the one that was named, and all else stays`(before: String?) throws {
        let store = try StoreChoice("sqlite", from: .flag("--store"))
        let bytes = try ConfiguredStore.naming(store, in: before.map { Array($0.utf8) })
        let text = String(decoding: bytes, as: UTF8.self)
        #expect(text.contains(#""url" : "sqlite""#) && !text.contains("live.example.com"))
        if before?.contains("connections") == true {
            #expect(text.contains(#""connections" : 3"#) && text.contains(#""level" : "debug""#))
        }
        _ = try ConfigurationFile(path: "innkeeper.json", bytes: bytes)
    }

    @Test func `a password stays in the environment`() throws {
        let store = try StoreChoice("postgres://u:hunter2@h/d", from: .environment("INNKEEPER_STORE"))
        let text = String(decoding: try ConfiguredStore.naming(store, in: nil), as: UTF8.self)
        #expect(text.contains("postgres://u@h/d") && !text.contains("hunter2"))
    }
}

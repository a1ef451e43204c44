import Marketplace
import Testing

/// What the official schemas say against what this code believes.
@Suite(.enabled(if: Vectors.isAvailable, Vectors.absent))
struct ManifestSchemaTests {
    private func schemas() throws -> [(version: String, schema: JSONObject)] {
        try Vectors.files(in: "manifest-schemas").map { name, bytes in
            (String(name.dropLast(5)), try #require(try StrictJSON.parse(bytes.span).object))
        }
    }

    /// The member at a path of names.
    private func value(_ object: JSONObject, _ path: String...) throws -> JSONValue {
        try path.reduce(JSONValue.object(object)) { try #require($0.object?[$1]) }
    }

    @Test func `events and lifecycle calls are those of the schemas`() throws {
        let schemas = try schemas()
        #expect(schemas.map(\.version) == ["1.2", "1.3", "1.4"])
        for (version, schema) in schemas {
            let events = try value(schema, "definitions", "webhook", "properties", "event", "enum").array
            let ours = try #require(EventType.schemaEvents(version)).map(\.text)
            #expect(Set(try #require(events).compactMap(\.string)) == Set(ours))
            let types = try value(schema, "definitions", "lifecycle", "properties", "type", "enum").array
            #expect(Set(try #require(types).compactMap(\.string)) == Set(LifecycleType.allCases.map(\.rawValue)))
        }
    }

    @Test func `limits of key, name and baseUrl are those of the schemas`() throws {
        for (version, schema) in try schemas() {
            let key = try #require(try value(schema, "properties", "key").object)
            let name = try #require(try value(schema, "properties", "name").object)
            let limits = [key["minLength"], key["maxLength"], name["minLength"], name["maxLength"]].map { value in
                if case .number(let source) = value { source } else { "" }
            }
            #expect(limits == ["2", "50", "1", "50"], "\(version)")
            #expect(try value(schema, "definitions", "url", "pattern").string == "^https?://")
        }
    }

    @Test func `a manifest with every event of a schema has no warning`() throws {
        for (version, schema) in try schemas() {
            let events = try #require(value(schema, "definitions", "webhook", "properties", "event", "enum").array)
            let webhooks = events.compactMap(\.string).map { #"{"event":"\#($0)","path":"/w"}"# }
            let bytes = ManifestText.make(
                version: "\"\(version)\"", webhooks: "[" + webhooks.joined(separator: ",") + "]")
            #expect(try Manifest(bytes).warnings.isEmpty, "\(version)")
        }
    }
}

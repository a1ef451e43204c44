/// Reads a manifest's fields, each with an error that names it (protocol.md section 4.2).
struct ManifestReader {
    let object: JSONObject

    /// The object in a manifest file.
    static func object(_ bytes: [UInt8]) throws(ManifestError) -> JSONObject {
        let value: JSONValue
        do throws(JSONError) {
            value = try StrictJSON.parse(bytes.span)
        } catch {
            let line = 1 + bytes.prefix(error.offset).count { $0 == UInt8(ascii: "\n") }
            if case .duplicateName = error { throw .duplicateName(line: line) }
            throw .notJSON(line: line)
        }
        guard let object = value.object else { throw .notObject }
        return object
    }

    func key() throws(ManifestError) -> AddonKey {
        let text = try Self.text(object["key"], "key")
        guard let key = AddonKey(text) else {
            throw .badValue(
                field: "key", value: ManifestError.shown(text),
                rule: "must be 2 to 50 characters, no control characters")
        }
        return key
    }

    func name() throws(ManifestError) -> String {
        let text = try Self.text(object["name"], "name")
        guard (1...50).contains(text.unicodeScalars.count), text.unicodeScalars.allSatisfy(\.isPrintable) else {
            throw .badValue(
                field: "name", value: ManifestError.shown(text),
                rule: "must be 1 to 50 characters, no control characters")
        }
        return text
    }

    func baseURL() throws(ManifestError) -> (String, RoutePath) {
        let text = try Self.text(object["baseUrl"], "baseUrl")
        guard let authority = URLText.authority(of: Array(text.utf8)[...]), !authority.isEmpty,
            !text.utf8.contains(UInt8(ascii: "?")), !text.utf8.contains(UInt8(ascii: "#")),
            let path = RoutePath.normalise(text)
        else {
            throw .badValue(
                field: "baseUrl", value: ManifestError.shown(text),
                rule: "must be http:// or https:// and a host, with neither query nor fragment")
        }
        return (text, path)
    }

    func schemaVersion() throws(ManifestError) -> String? {
        switch object["schemaVersion"] {
        case nil: return nil
        case .string(let text) where !text.isEmpty: return ManifestError.shown(text)
        case .number(let source) where source.utf8.allSatisfy({ (0x30...0x39).contains($0) }):
            return ManifestError.shown(source)
        default: throw .wrongType(field: "schemaVersion", expected: "a string such as \"1.6\", or an integer")
        }
    }

    func lifecycle() throws(ManifestError) -> [Manifest.LifecyclePath] {
        var routes: [Manifest.LifecyclePath] = []
        for (index, entry) in try entries("lifecycle").enumerated() {
            let field = "lifecycle[\(index)]"
            let text = try Self.text(entry["type"], "\(field).type")
            guard let type = LifecycleType(rawValue: text) else {
                let known = LifecycleType.allCases.map(\.rawValue).joined(separator: ", ")
                throw .badValue(
                    field: "\(field).type", value: ManifestError.shown(text), rule: "is not one of \(known)")
            }
            let path = try Self.path(entry, field)
            // The body has no type, so one path for two calls would leave the server to guess.
            if let other = routes.firstIndex(where: { $0.path == path }) {
                throw .sharedPath(field: "\(field).path", other: "lifecycle[\(other)]", path: path)
            }
            routes.append(Manifest.LifecyclePath(path: path, type: type))
        }
        return routes
    }

    func webhooks(besides lifecycle: [Manifest.LifecyclePath]) throws(ManifestError) -> [Manifest.WebhookPath] {
        let entries = try entries("webhooks")
        guard entries.count <= Manifest.maximumWebhooks else { throw .tooManyWebhooks(entries.count) }
        var routes: [Manifest.WebhookPath] = []
        for (index, entry) in entries.enumerated() {
            let field = "webhooks[\(index)]"
            let text = try Self.text(entry["event"], "\(field).event")
            guard let event = EventType(text) else {
                throw .badValue(
                    field: "\(field).event", value: ManifestError.shown(text),
                    rule: "is not an event name; use upper case letters, digits and underscores")
            }
            let path = try Self.path(entry, field)
            if let other = lifecycle.firstIndex(where: { $0.path == path }) {
                throw .sharedPath(field: "\(field).path", other: "lifecycle[\(other)]", path: path)
            }
            routes.append(Manifest.WebhookPath(event: event, path: path))
        }
        return routes
    }

    private func entries(_ field: String) throws(ManifestError) -> [JSONObject] {
        guard let value = object[field] else { return [] }
        guard let elements = value.array else { throw .wrongType(field: field, expected: "an array") }
        var entries: [JSONObject] = []
        for (index, element) in elements.enumerated() {
            guard let entry = element.object else {
                throw .wrongType(field: "\(field)[\(index)]", expected: "an object")
            }
            entries.append(entry)
        }
        return entries
    }

    private static func path(_ entry: JSONObject, _ field: String) throws(ManifestError) -> RoutePath {
        let text = try Self.text(entry["path"], "\(field).path")
        guard let path = RoutePath.normalise(text) else {
            throw .badValue(
                field: "\(field).path", value: ManifestError.shown(text),
                rule: "must be a path such as /webhooks/new-project")
        }
        return path
    }

    private static func text(_ value: JSONValue?, _ field: String) throws(ManifestError) -> String {
        guard let value else { throw .missing(field: field) }
        guard let text = value.string else { throw .wrongType(field: field, expected: "a string") }
        return text
    }
}

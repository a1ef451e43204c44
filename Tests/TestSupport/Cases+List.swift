package import Marketplace

extension Cases {
    /// The cases of a file that holds a list of them.
    package static func list(_ name: String) throws -> [JSONObject] {
        let source = try bytes(name + ".json")
        guard let cases = try StrictJSON.parse(source.span).object?["cases"]?.array else { throw Malformed() }
        return try cases.map { each in
            guard let each = each.object else { throw Malformed() }
            return each
        }
    }

    /// A file of cases has another form than these tests know.
    private struct Malformed: Error {}
}

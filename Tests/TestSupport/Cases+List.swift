package import Marketplace

extension Cases {
    /// The cases of a file that holds a list of them.
    package static func list(_ name: String) throws -> [JSONObject] {
        let text = try bytes(name + ".json")
        let file = try StrictJSON.parse(text.span).object
        guard let cases = file?["cases"]?.array?.map(\.object), !cases.contains(where: { $0 == nil }) else {
            throw Malformed()
        }
        return cases.compactMap { $0 }
    }

    /// A file of cases has another form than these tests know.
    private struct Malformed: Error {}
}

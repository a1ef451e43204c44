import Foundation
import Hummingbird
import Sealing

/// The fields of a form that a browser posts.
struct ConsoleForm {
    /// No form of the console is long.
    private static let limit = 4 << 10
    /// And none has many fields. Anybody can send one.
    private static let most = 8
    private let fields: [String: String]

    /// Reads a body as `application/x-www-form-urlencoded`. A field that comes twice is an error.
    init(_ request: Request) async throws(OperatorError) {
        let body = String(buffer: try await request.bytes(upTo: Self.limit))
        guard body.utf8.count(where: { $0 == UInt8(ascii: "&") }) < Self.most else {
            throw .badRequest("the form does not read")
        }
        var fields: [String: String] = [:]
        for pair in body.split(separator: "&") {
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard let name = Self.decode(parts[0]), let value = Self.decode(parts.count == 2 ? parts[1] : ""),
                fields.updateValue(value, forKey: name) == nil
            else { throw .badRequest("the form does not read") }
        }
        self.fields = fields
    }

    /// A field's value; empty when it is not there.
    subscript(name: String) -> String { fields[name] ?? "" }

    /// Refuses a form that was not made for who sends it.
    func check(_ token: String) throws(OperatorError) {
        guard SecretBytes(utf8: self["csrf"]).matches(SecretBytes(utf8: token)) else { throw .staleForm }
    }

    private static func decode(_ text: Substring) -> String? {
        text.replacing("+", with: " ").removingPercentEncoding
    }
}

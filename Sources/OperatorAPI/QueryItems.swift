import Foundation
import Hummingbird
import Installations

/// A query as forms encode it: most clients that build one send a space as a plus.
struct QueryItems {
    private let items: [(name: String, value: String)]

    /// Reads a request's query; one that is not percent-encoded UTF-8 is an error, and no selection that selects nothing.
    init(_ request: Request) throws(OperatorError) {
        var items: [(String, String)] = []
        for item in request.uri.query?.utf8.split(separator: UInt8(ascii: "&")) ?? [] {
            let parts = item.split(separator: UInt8(ascii: "="), maxSplits: 1, omittingEmptySubsequences: false)
            items.append((try Self.decode(parts[0]), try parts.count == 2 ? Self.decode(parts[1]) : ""))
        }
        self.items = items
    }

    /// The value of a parameter; nil when it is not there.
    subscript(name: String) -> String? { items.first { $0.name == name }?.value }

    /// Refuses a name that is none of these, and one that comes twice: who wrote both meant one of them.
    func check(known: [String]) throws(OperatorError) {
        var seen: Set<String> = []
        for (name, _) in items {
            guard known.contains(name) else { throw .unknown("parameter", name, among: known) }
            guard seen.insert(name).inserted else { throw .badRequest("the parameter \"\(name)\" comes twice") }
        }
    }

    private static func decode(_ bytes: Substring.UTF8View) throws(OperatorError) -> String {
        let bytes = bytes.map { $0 == UInt8(ascii: "+") ? UInt8(ascii: " ") : $0 }
        guard let text = String(decoding: bytes, as: UTF8.self).removingPercentEncoding else {
            throw .badRequest("the query is not percent-encoded UTF-8")
        }
        return text
    }
}

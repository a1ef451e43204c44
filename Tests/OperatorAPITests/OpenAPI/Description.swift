import Foundation

@testable import OperatorAPI

/// The API's description, as far as a test looks into it.
struct Description {
    /// A method and a path of the description.
    struct Operation: Hashable, CustomStringConvertible {
        let method: String
        let path: String

        var description: String { "\(method) \(path)" }
    }

    let document: [String: Any]
    private(set) var operations: [Operation: [String: Any]] = [:]

    init() throws {
        document = try JSONSerialization.jsonObject(with: Data(DescriptionRoutes.document)) as? [String: Any] ?? [:]
        for (path, item) in document["paths"] as? [String: [String: Any]] ?? [:] {
            for (method, operation) in item {
                operations[Operation(method: method.uppercased(), path: path)] = operation as? [String: Any]
            }
        }
    }

    /// What is documented for a status of an operation.
    func response(_ operation: Operation, _ status: Int) -> [String: Any]? {
        let responses = operations[operation]?["responses"] as? [String: Any]
        return responses?[String(status)].map(resolve) as? [String: Any]
    }

    /// The statuses of an operation that are successes.
    func successes(_ operation: Operation) -> [Int] {
        let responses = operations[operation]?["responses"] as? [String: Any] ?? [:]
        return responses.keys.compactMap { Int($0) }.filter { (200...299).contains($0) }
    }

    /// What a response or a request body has in this form.
    static func media(_ part: [String: Any], _ form: Form) -> [String: Any]? {
        (part["content"] as? [String: [String: Any]])?[form.rawValue]
    }

    /// The forms that have a schema: of the whole, or of each line.
    enum Form: String, CaseIterable {
        case json = "application/json"
        case lines = "application/x-ndjson"
    }

    /// The examples of a form, by name.
    static func examples(_ media: [String: Any]) -> [Any] {
        let named = media["examples"] as? [String: [String: Any]] ?? [:]
        return [media["example"]].compactMap { $0 } + named.values.compactMap { $0["value"] }
    }

    /// What a reference points to; anything else as it is.
    func resolve(_ value: Any) -> Any {
        guard let reference = (value as? [String: Any])?["$ref"] as? String else { return value }
        let target = reference.split(separator: "/").dropFirst().reduce(document as Any?) { value, name in
            (value as? [String: Any])?[String(name)]
        }
        return target.map(resolve) ?? [:]
    }
}

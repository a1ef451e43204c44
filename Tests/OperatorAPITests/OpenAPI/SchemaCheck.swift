import Foundation
import Installations

/// Checks a JSON value against a schema of the description: the keywords that the description uses, and a problem for any
/// other, so that none is believed to be checked and is not.
struct SchemaCheck {
    let description: Description

    private static let ignored: Set<String> = ["description", "default"]

    /// What is wrong; nothing when the value conforms.
    func problems(_ value: Any, _ schema: Any, at place: String = "$") -> [String] {
        guard let schema = description.resolve(schema) as? [String: Any] else { return ["\(place): no schema"] }
        return schema.filter { !Self.ignored.contains($0.key) }.flatMap { keyword, rule in
            problems(keyword, rule, value, schema).map { "\(place)\($0)" }
        }
    }

    private func problems(_ keyword: String, _ rule: Any, _ value: Any, _ schema: [String: Any]) -> [String] {
        switch keyword {
        case "type":
            let types = rule as? [String] ?? [rule as? String ?? ""]
            return types.contains { Self.isOf($0, value) } ? [] : [": \(value) is not \(types)"]
        case "properties", "required", "additionalProperties":
            return (value as? [String: Any]).map { problems(keyword, rule, of: $0, schema) } ?? []
        case "items":
            return (value as? [Any] ?? []).enumerated().flatMap { problems($1, rule, at: "[\($0)]") }
        case "oneOf":
            let matching = (rule as? [Any] ?? []).count { problems(value, $0, at: "").isEmpty }
            return matching == 1 ? [] : [" matches \(matching) of the alternatives"]
        case "enum":
            let isListed = (rule as? [Any] ?? []).contains { Self.isSame($0, value) }
            return isListed ? [] : [": \(value) is not listed"]
        case "const": return value as? Bool == rule as? Bool ? [] : [": \(value) is not \(rule)"]
        case "minItems": return (value as? [Any] ?? []).count >= rule as? Int ?? 0 ? [] : [" has too few items"]
        case "minimum": return value as? Int ?? .max >= rule as? Int ?? 0 ? [] : [": \(value) is too small"]
        case "maximum": return value as? Int ?? .min <= rule as? Int ?? 0 ? [] : [": \(value) is too large"]
        case "pattern", "format", "minLength", "maxLength":
            guard let text = value as? String, !Self.conforms(text, keyword, rule) else { return [] }
            return [": \"\(text)\" against \(keyword) \(rule)"]
        default: return [": the keyword \(keyword) is not known to this test"]
        }
    }

    private func problems(
        _ keyword: String, _ rule: Any, of members: [String: Any], _ schema: [String: Any]
    ) -> [String] {
        let known = schema["properties"] as? [String: Any] ?? [:]
        switch keyword {
        case "required": return (rule as? [String] ?? []).filter { members[$0] == nil }.map { ".\($0) is missing" }
        case "additionalProperties":
            let surplus = rule as? Bool == false ? members.keys.filter { known[$0] == nil } : []
            return surplus.map { ".\($0) is not documented" }
        default:
            return known.flatMap { name, schema in members[name].map { problems($0, schema, at: ".\(name)") } ?? [] }
        }
    }

    private static func conforms(_ text: String, _ keyword: String, _ rule: Any) -> Bool {
        switch keyword {
        case "pattern": text.range(of: rule as? String ?? "", options: .regularExpression) != nil
        case "format": rule as? String != "date-time" || Timestamp(rfc3339: text) != nil
        case "minLength": text.unicodeScalars.count >= rule as? Int ?? 0
        default: text.unicodeScalars.count <= rule as? Int ?? 0
        }
    }

    /// Whether two words are the same, or both nothing: the description lists no other values.
    private static func isSame(_ one: Any, _ other: Any) -> Bool {
        if let word = one as? String { return word == other as? String }
        return one is NSNull && other is NSNull
    }

    private static func isOf(_ type: String, _ value: Any) -> Bool {
        // Foundation has one type for both: a number made of a truth value encodes as a C character.
        let isBoolean = (value as? NSNumber).map { String(cString: $0.objCType) == "c" } ?? (value is Bool)
        switch type {
        case "object": return value is [String: Any]
        case "array": return value is [Any]
        case "string": return value is String
        case "null": return value is NSNull
        case "boolean": return isBoolean
        case "integer": return !isBoolean && value is Int
        case "number": return !isBoolean && value is NSNumber
        default: return false
        }
    }
}

/// Removes tokens from a lifecycle body before it goes to the inbox and from there to the add-on's own code.
package enum TokenRedaction {
    /// The body less every token, as compact JSON: no member named `authToken` at any depth, and no text anywhere that
    /// equals one of their values or has the shape of a token.
    package static func redactTokens(_ body: PayloadReader) -> [UInt8] {
        let value = JSONValue.object(body.object)
        var tokens: Set<ExactText> = []
        collect(value, into: &tokens)
        return redact(value, tokens)?.utf8 ?? Array("{}".utf8)
    }

    private static let tokenField = PayloadField.authToken.rawValue

    private static func collect(_ value: JSONValue, into tokens: inout Set<ExactText>) {
        switch value {
        case .object(let object):
            for member in object.members {
                if member.name == tokenField, let text = member.value.string { tokens.insert(ExactText(text: text)) }
                collect(member.value, into: &tokens)
            }
        case .array(let elements):
            for element in elements { collect(element, into: &tokens) }
        case .string, .number, .bool, .null: return
        }
    }

    /// The value without tokens; nil when the value itself is one.
    private static func redact(_ value: JSONValue, _ tokens: Set<ExactText>) -> JSONValue? {
        switch value {
        case .object(let object):
            return .object(
                JSONObject(
                    object.members.compactMap { member in
                        guard member.name != tokenField, !isToken(member.name, tokens) else { return nil }
                        return redact(member.value, tokens).map { (member.name, $0) }
                    }))
        case .array(let elements): return .array(elements.compactMap { redact($0, tokens) })
        case .string(let text): return isToken(text, tokens) ? nil : value
        case .number, .bool, .null: return value
        }
    }

    /// A token under a name this version does not know would otherwise leave with the event: a JWT's header is a JSON
    /// object, so its text begins with `eyJ`, and it has two dots.
    private static func isToken(_ text: String, _ tokens: Set<ExactText>) -> Bool {
        if tokens.contains(ExactText(text: text)) { return true }
        return text.utf8.starts(with: "eyJ".utf8) && text.utf8.count { $0 == UInt8(ascii: ".") } == 2
    }
}

/// A JSON value as it was written: members in order, numbers as their source text.
package enum JSONValue: Sendable {
    case object(JSONObject)
    case array([JSONValue])
    case string(String)
    /// The number's source text, so that nothing is rounded, overflows or traps.
    case number(String)
    case bool(Bool)
    case null

    /// The text of a string; nil for any other value.
    package var string: String? {
        guard case .string(let text) = self else { return nil }
        return text
    }

    /// The object; nil for any other value.
    package var object: JSONObject? {
        guard case .object(let object) = self else { return nil }
        return object
    }

    /// The elements of an array; nil for any other value.
    package var array: [JSONValue]? {
        guard case .array(let elements) = self else { return nil }
        return elements
    }
}

/// The members of a JSON object, in order. An object that was read has no name twice.
package struct JSONObject: Sendable {
    /// One name and its value.
    package typealias Member = (name: String, value: JSONValue)

    /// The members in the order of the source.
    package let members: [Member]

    /// An object of these members.
    package init(_ members: [Member]) {
        self.members = members
    }

    /// The value of the member with exactly this name.
    package subscript(name: String) -> JSONValue? {
        members.first { $0.name.hasSameBytes(as: name) }?.value
    }
}

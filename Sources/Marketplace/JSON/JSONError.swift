/// Why a text is not the JSON that is wanted. Offsets count bytes; no case carries a byte of the text.
package enum JSONError: Error, Hashable, Sendable {
    /// Not RFC 8259 grammar; a byte order mark and anything behind the value count as such.
    case malformed(offset: Int)
    /// A string that is not UTF-8, or escapes half of a surrogate pair.
    case invalidText(offset: Int)
    /// The same member name twice in one object: two readers might believe two different values.
    case duplicateName(offset: Int)
    /// Nested deeper than `StrictJSON.maximumDepth`, or `JSONGrammar.maximumDepth`.
    case tooDeep(offset: Int)

    /// Where reading stopped.
    package var offset: Int {
        switch self {
        case .malformed(let offset), .invalidText(let offset), .duplicateName(let offset), .tooDeep(let offset): offset
        }
    }
}

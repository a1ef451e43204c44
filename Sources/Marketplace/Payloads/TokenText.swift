/// A token's text on its way from a request to where it is sealed: it cannot be printed, logged or reflected.
package struct TokenText: Sendable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    private let text: String

    /// A token as it came.
    package init(_ text: String) { self.text = text }

    /// The token itself, to be verified or sealed and nothing else.
    package func reveal() -> String { text }

    /// Whether both are the same bytes. Only for tokens that one sender sent together: it takes no constant time.
    package func isRepeated(by other: TokenText) -> Bool { text.hasSameBytes(as: other.text) }

    /// Never the token.
    package var description: String { "token" }
    /// Never the token.
    package var debugDescription: String { "token" }
    /// Never the token.
    package var customMirror: Mirror { Mirror(self, children: []) }
}

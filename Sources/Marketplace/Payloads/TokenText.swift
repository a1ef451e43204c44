/// A token's text on its way from a request to where it is sealed: it cannot be printed, logged or reflected.
package struct TokenText: Sendable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    private let text: String

    /// A token as it came.
    package init(_ text: String) { self.text = text }

    /// The token itself, to be verified or sealed and nothing else.
    package func reveal() -> String { text }

    /// Never the token.
    package var description: String { "token" }
    /// Never the token.
    package var debugDescription: String { "token" }
    /// Never the token.
    package var customMirror: Mirror { Mirror(self, children: []) }
}

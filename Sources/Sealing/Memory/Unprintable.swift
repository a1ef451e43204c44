// What keeps secrets out of logs, errors and dumps.
//
// Two layers. At run time every way of describing a value yields a fixed text, which also covers a secret inside a
// struct, an optional or an existential. At compile time interpolation and `==` are refused.
//
// The interpolation overloads are deprecated, not unavailable. The compiler prefers the generic overload of the
// standard library to an unavailable one, so an unavailable overload refuses nothing. A deprecated one is chosen, and
// every target of this package treats its warning as an error.

extension KeyMaterial: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// A fixed text.
    package var description: String { "<key>" }
    /// A fixed text.
    package var debugDescription: String { "<key>" }
    /// Shows no children.
    package var customMirror: Mirror { Mirror(self, children: EmptyCollection<Mirror.Child>()) }

    /// Refused: `==` stops at the first difference, which tells an attacker how much of a guess is right.
    @available(*, unavailable, message: "a key is compared in constant time with matches(_:)")
    package static func == (left: KeyMaterial, right: KeyMaterial) -> Bool { left.matches(right) }
}

extension SecretBytes: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// A fixed text.
    package var description: String { "<secret>" }
    /// A fixed text.
    package var debugDescription: String { "<secret>" }
    /// Shows no children.
    package var customMirror: Mirror { Mirror(self, children: EmptyCollection<Mirror.Child>()) }

    /// Refused: `==` stops at the first difference, which tells an attacker how much of a guess is right.
    @available(*, unavailable, message: "a secret is compared in constant time with matches(_:)")
    package static func == (left: SecretBytes, right: SecretBytes) -> Bool { left.matches(right) }
}

extension DefaultStringInterpolation {
    /// Refused: a key has no text.
    @available(*, deprecated, message: "a key does not belong in a string")
    package mutating func appendInterpolation(_ key: KeyMaterial) { appendLiteral("<key>") }

    /// Refused: a key has no text.
    @available(*, deprecated, message: "a key does not belong in a string")
    package mutating func appendInterpolation(_ key: KeyMaterial?) { appendLiteral("<key>") }

    /// Refused: a secret has no text.
    @available(*, deprecated, message: "a secret does not belong in a string; see expose(_:_:)")
    package mutating func appendInterpolation(_ secret: SecretBytes) { appendLiteral("<secret>") }

    /// Refused: a secret has no text.
    @available(*, deprecated, message: "a secret does not belong in a string; see expose(_:_:)")
    package mutating func appendInterpolation(_ secret: SecretBytes?) { appendLiteral("<secret>") }
}

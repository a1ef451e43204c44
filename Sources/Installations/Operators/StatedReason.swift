/// Why somebody does what the audit log keeps, in their own words.
package struct StatedReason: Sendable {
    /// How long one may be, in bytes: no record can ever be removed.
    package static let maximumBytes = 500

    /// The words; empty when there are none.
    package let text: String

    /// No reason.
    package static let none = StatedReason()

    /// A reason; nil when it is too long.
    package init?(_ text: String) {
        guard text.utf8.count <= Self.maximumBytes else { return nil }
        self.text = text
    }

    private init() { text = "" }
}

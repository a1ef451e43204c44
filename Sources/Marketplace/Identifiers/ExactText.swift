/// A text that is equal only to the same bytes.
///
/// Swift's `String` calls canonically equivalent texts equal: "K" equals the Kelvin sign. Names and keys that decide
/// about access must not.
struct ExactText: Hashable, Sendable {
    let text: String

    static func == (left: ExactText, right: ExactText) -> Bool {
        left.text.hasSameBytes(as: right.text)
    }

    func hash(into hasher: inout Hasher) {
        // The hasher reads the bytes it is shown and keeps none.
        unsafe text.utf8.span.bytes.withUnsafeBytes { unsafe hasher.combine(bytes: $0) }
        hasher.combine(UInt8(0xFF))  // Never part of UTF-8, so two texts in a row hash unlike their sum.
    }
}

extension String {
    /// Whether both are the same UTF-8 bytes.
    func hasSameBytes(as other: String) -> Bool {
        utf8.span.hasSameBytes(as: other.utf8.span)
    }
}

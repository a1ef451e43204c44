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
        for byte in text.utf8 { hasher.combine(byte) }
        hasher.combine(UInt8(0xFF))  // Never part of UTF-8, so two texts in a row hash unlike their sum.
    }
}

extension String {
    /// Whether both are the same UTF-8 bytes.
    func hasSameBytes(as other: String) -> Bool {
        // `==` comes first because it is a comparison of words for nearly all texts and settles nearly all of them.
        self == other && utf8.elementsEqual(other.utf8)
    }
}

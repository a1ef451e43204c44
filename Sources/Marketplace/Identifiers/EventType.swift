/// The value of `clockify-webhook-event-type`: opaque, `^[A-Z][A-Z0-9_]{1,63}$` (protocol.md section 4.3).
///
/// New names appear without notice, so an unknown one is legal; the lists of known names serve warnings only.
package struct EventType: Hashable, Sendable, CustomStringConvertible {
    /// The name exactly as on the wire, upper case.
    package let text: String

    /// Reads a name; nil for any other shape.
    package init?(_ text: some StringProtocol) {
        let bytes = text.utf8
        guard (2...64).contains(bytes.count), let first = bytes.first, Self.isLetter(first) else { return nil }
        guard bytes.allSatisfy({ Self.isLetter($0) || Self.isDigit($0) || $0 == UInt8(ascii: "_") }) else { return nil }
        self.text = String(text)
    }

    package var description: String { text }

    private static func isLetter(_ byte: UInt8) -> Bool { (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte) }
    private static func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }
}

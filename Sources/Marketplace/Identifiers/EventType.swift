/// The value of `clockify-webhook-event-type`: opaque, `^[A-Z][A-Z0-9_]{1,63}$` (protocol.md section 4.3).
///
/// New names appear without notice, so an unknown one is legal; the lists of known names serve warnings only.
package struct EventType: Hashable, Sendable, CustomStringConvertible {
    /// The name exactly as on the wire, upper case.
    package let text: String

    /// Reads a name; nil for any other shape.
    package init?(_ text: String) {
        let bytes = text.utf8.span
        guard (2...64).contains(bytes.count), Self.isLetter(bytes[0]) else { return nil }
        for index in bytes.indices {
            let byte = bytes[index]
            guard Self.isLetter(byte) || Self.isDigit(byte) || byte == UInt8(ascii: "_") else { return nil }
        }
        self.text = text
    }

    /// Reads a name that is part of a text.
    package init?(_ text: Substring) { self.init(String(text)) }

    package var description: String { text }

    private static func isLetter(_ byte: UInt8) -> Bool { (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte) }
    private static func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }
}

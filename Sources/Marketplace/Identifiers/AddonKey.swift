/// The `key` of an add-on's manifest: what every token's `sub` must be.
///
/// The platform asks for 2 to 50 characters and nothing else (protocol.md section 4.2), so a key may hold spaces or `/`:
/// escape it before it becomes part of a URL or a file name. Only control characters and line breaks are refused, so
/// that a key is safe to print. Equal means the same bytes.
package struct AddonKey: Hashable, Sendable, CustomStringConvertible {
    private let exact: ExactText

    /// The key exactly as the manifest writes it.
    package var text: String { exact.text }

    /// Reads a key; nil when it is too short, too long or not printable.
    package init?(_ text: String) {
        // Most keys are plain ASCII; asking for the properties of every scalar costs more than all else about a row.
        let isPlain = (2...50).contains(text.utf8.count) && text.utf8.allSatisfy { (0x20...0x7E).contains($0) }
        if !isPlain {
            let scalars = text.unicodeScalars
            guard (2...50).contains(scalars.count), scalars.allSatisfy(\.isPrintable) else { return nil }
        }
        exact = ExactText(text: text)
    }

    /// Reads a key that is part of a text.
    package init?(_ text: Substring) { self.init(String(text)) }

    package var description: String { text }
}

extension Unicode.Scalar {
    /// Whether it is neither a control character nor a line or paragraph break, nor changes the reading direction.
    var isPrintable: Bool {
        switch properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator: false
        default: true
        }
    }
}

/// Text made safe to show. Much of what is shown came from the network: a tenant's text must not drive the operator's
/// terminal, hide a part of a line or begin a new one.
enum PrintableText {
    /// Control, format and line-breaking characters become `\u{…}`; all else stays.
    static func make(_ text: String) -> String {
        guard text.unicodeScalars.contains(where: isHostile) else { return text }
        var result = ""
        for scalar in text.unicodeScalars {
            if isHostile(scalar) {
                result += "\\u{\(String(scalar.value, radix: 16))}"
            } else {
                result.unicodeScalars.append(scalar)
            }
        }
        return result
    }

    /// At most `limit` characters of a value, safe to show, for an error message.
    static func excerpt(_ text: String, limit: Int = 64) -> String {
        text.count <= limit ? make(text) : make(String(text.prefix(limit))) + "…"
    }

    /// The columns that a text takes on a terminal.
    static func width(_ text: String) -> Int {
        text.unicodeScalars.reduce(0) { $0 + width($1) }
    }

    /// The text cut to `columns`; the last one shows that something is missing.
    static func fitted(_ text: String, to columns: Int) -> String {
        guard width(text) > columns else { return text }
        var result = ""
        var used = 0
        for scalar in text.unicodeScalars {
            guard used + width(scalar) < columns else { break }
            used += width(scalar)
            result.unicodeScalars.append(scalar)
        }
        return result + "…"
    }

    /// Escape sequences begin with control characters; format characters reverse or hide text.
    private static func isHostile(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .privateUse: true
        default: false
        }
    }

    private static func width(_ scalar: Unicode.Scalar) -> Int {
        switch scalar.properties.generalCategory {
        case .nonspacingMark, .enclosingMark: return 0
        default: break
        }
        // East Asian wide scripts and pictographs.
        switch scalar.value {
        case 0x1100...0x115F, 0x2E80...0xA4CF, 0xAC00...0xD7A3, 0xF900...0xFAFF, 0xFE30...0xFE6F, 0xFF00...0xFF60,
            0xFFE0...0xFFE6, 0x1F300...0x1F64F, 0x1F900...0x1F9FF, 0x20000...0x3FFFD:
            return 2
        default: return 1
        }
    }
}

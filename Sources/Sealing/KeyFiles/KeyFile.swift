import CSodium

/// The text of a storage key file. `KeyDirectory` puts it on disk.
///
///     # Storage key of an Innkeeper deployment. Keep this file and a copy ...
///     innkeeper-storage-key-1:<id, 16 hexadecimal digits>:<key, 64 hexadecimal digits>
///
/// Both lines end with a newline. Read is also what an editor, a password manager or another system made of them: other line
/// ends or none at the end, blanks around a line, empty lines, a byte order mark, comments anywhere. The key itself is never
/// guessed at.
enum KeyFile {
    private static let comment = """
        # Storage key of an Innkeeper deployment. Keep this file secret, and keep a copy: without it the data is lost.

        """
    private static let label = "innkeeper-storage-key-1:"

    /// No genuine file is longer, comments that an operator added included.
    static let maxSize = 4096

    /// The text of the file for a key, in memory that is zeroed afterwards.
    static func encode(_ key: StorageKey) -> SecretBytes {
        let head = comment + label + key.id.description + ":"
        let hexSize = 2 * KeyMaterial.size
        return unsafe SecretBytes(count: head.utf8.count + hexSize + 1) { text in
            unsafe text.copyBytes(from: head.utf8)
            let hex = unsafe UnsafeMutableRawBufferPointer(rebasing: text[head.utf8.count...])
            unsafe key.material.expose("writing the key file") { key in
                // Constant time, unlike a table of digits. Its terminating zero lands where the newline goes.
                _ = unsafe sodium_bin2hex(
                    hex.cText, hex.count,
                    key.cBytes, key.count
                )
            }
            unsafe hex[hexSize] = UInt8(ascii: "\n")
        }
    }

    /// The key in the text of a file.
    static func decode(_ text: UnsafeRawBufferPointer) throws(KeyFileProblem) -> StorageKey {
        guard text.count < maxSize else { throw .tooLong }
        if unsafe text.starts(with: [0xFF, 0xFE]) || text.starts(with: [0xFE, 0xFF]) { throw .utf16 }
        let start = unsafe text.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0
        let lines = unsafe text[start...].split { [UInt8(ascii: "\n"), UInt8(ascii: "\r")].contains($0) }
            .map { unsafe trimmed($0) }.filter { unsafe !$0.isEmpty && $0.first != UInt8(ascii: "#") }
        guard let line = unsafe lines.first else { throw .empty }
        guard unsafe lines.count == 1 else { throw .severalLines }
        return try unsafe key(line)
    }

    private static func key(_ line: Slice<UnsafeRawBufferPointer>) throws(KeyFileProblem) -> StorageKey {
        guard unsafe line.starts(with: label.utf8) else { throw .noKey }
        let rest = unsafe line.dropFirst(label.utf8.count)
        guard unsafe rest.count >= 17 + 2 * KeyMaterial.size else { throw .cutShort }
        guard unsafe rest.count == 17 + 2 * KeyMaterial.size else { throw .tooManyDigits }
        // Only the id becomes a string; the key's digits stay in the caller's buffer.
        let head = unsafe String(decoding: rest.prefix(17), as: UTF8.self)
        guard head.hasSuffix(":"), let id = StorageKeyID(head.dropLast()) else { throw .noID }
        guard let material = unsafe material(UnsafeRawBufferPointer(rebasing: rest.dropFirst(17))) else {
            throw .notHexadecimal
        }
        return StorageKey(id: id, material: material)
    }

    private static func trimmed(_ line: Slice<UnsafeRawBufferPointer>) -> Slice<UnsafeRawBufferPointer> {
        let blanks: [UInt8] = [UInt8(ascii: " "), UInt8(ascii: "\t")]
        let begun = unsafe line.drop { blanks.contains($0) }
        let end = unsafe begun.lastIndex { !blanks.contains($0) }
        return unsafe begun[..<(end.map { $0 + 1 } ?? begun.startIndex)]
    }

    /// The key in exactly 64 hexadecimal digits.
    private static func material(_ digits: UnsafeRawBufferPointer) -> KeyMaterial? {
        struct NotHexadecimal: Error {}
        do throws(NotHexadecimal) {
            return try unsafe KeyMaterial { slot throws(NotHexadecimal) in
                var written = 0
                let status = unsafe sodium_hex2bin(
                    slot.cBytes, slot.count,
                    UnsafeRawPointer(digits.cBytes).assumingMemoryBound(to: CChar.self), digits.count,
                    nil, &written, nil
                )
                guard status == 0, written == KeyMaterial.size else { throw NotHexadecimal() }
            }
        } catch {
            return nil
        }
    }
}

/// What is wrong with the text of a key file. Safe to print: it holds nothing of the text.
package enum KeyFileProblem: Error, Hashable, CaseIterable {
    case empty, tooLong, utf16, noKey, severalLines, cutShort, tooManyDigits, noID, notHexadecimal

    /// The problem, and what to do about it.
    var text: String {
        switch self {
        case .empty: "has no key in it; put it back from your copy"
        case .tooLong: "is too long for a key file; remove all but its line innkeeper-storage-key-1:…"
        case .utf16: "is saved as UTF-16; save it as plain text (UTF-8)"
        case .noKey: "is no key file: no line begins with innkeeper-storage-key-1:; put it back from your copy"
        case .severalLines: "has more than one line that is no comment; leave only the line innkeeper-storage-key-1:…"
        case .cutShort: "is cut short: 64 digits belong behind the id; put it back from your copy"
        case .tooManyDigits:
            "has more than the 64 digits of a key; remove what was added, or put it back from your copy"
        case .noID: "has no id of 16 digits (0-9, a-f) before the key; put it back from your copy"
        case .notHexadecimal: "has a character that is no digit (0-9, a-f) in its key; put it back from your copy"
        }
    }
}

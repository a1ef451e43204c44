import CSodium

/// The text of a storage key file. `KeyDirectory` puts it on disk.
///
///     # Storage key of an Innkeeper deployment. Keep this file and a copy ...
///     innkeeper-storage-key-1:<id, 16 hexadecimal digits>:<key, 64 hexadecimal digits>
///
/// Both lines end with a newline. Lines that begin with `#` are skipped when reading.
enum KeyFile {
    private static let comment = """
        # Storage key of an Innkeeper deployment. Keep this file secret, and keep a copy: without it the data is lost.

        """
    private static let label = "innkeeper-storage-key-1:"

    /// Bytes of the key line: label, id, colon, key, newline.
    private static let lineSize = label.utf8.count + 16 + 1 + 2 * KeyMaterial.size + 1

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

    /// The key in the text of a file; nil when it is anything else than comment lines and one whole key line.
    static func decode(_ text: UnsafeRawBufferPointer) -> StorageKey? {
        var line = unsafe text[...]
        while unsafe line.first == UInt8(ascii: "#") {
            guard let end = unsafe line.firstIndex(of: UInt8(ascii: "\n")) else { return nil }
            unsafe line = line[(end + 1)...]
        }
        guard unsafe line.count == lineSize, unsafe line.last == UInt8(ascii: "\n") else { return nil }
        // Only the label and the id become a string; the key's digits stay in the caller's buffer.
        let head = unsafe String(decoding: line.prefix(label.utf8.count + 17), as: UTF8.self)
        guard head.hasPrefix(label), head.hasSuffix(":"),
            let id = StorageKeyID(head.dropFirst(label.count).dropLast())
        else { return nil }
        let digits = unsafe UnsafeRawBufferPointer(rebasing: line.dropFirst(label.utf8.count + 17).dropLast())
        return unsafe material(digits).map { StorageKey(id: id, material: $0) }
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

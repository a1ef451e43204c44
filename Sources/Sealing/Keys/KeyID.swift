/// The name of a key: 8 random bytes. It is no secret and is never used again for another key.
///
/// `Kind` only keeps the names of different sorts of keys apart at compile time.
package struct KeyID<Kind>: Hashable, Sendable {
    /// The 8 bytes as a big-endian number, as an `Int64` for columns of type INTEGER.
    package let bitPattern: Int64

    /// The id with these bits.
    package init(bitPattern: Int64) {
        self.bitPattern = bitPattern
    }

    /// A new id. With 64 random bits a clash among a million keys has odds of about 1 in 37 million; a store has
    /// the id in a unique column, and a key file is never overwritten.
    package static func random() -> KeyID {
        var bits: Int64 = 0
        unsafe withUnsafeMutableBytes(of: &bits) { unsafe Sodium.fillRandom($0) }
        return KeyID(bitPattern: bits)
    }

    /// The id with this text: exactly 16 lowercase hexadecimal digits, nothing else.
    package init?(_ text: some StringProtocol) {
        guard text.utf8.count == 16 else { return nil }
        var bits: UInt64 = 0
        for character in text.utf8 {
            // One spelling per id: a file name or a column that says the same in capitals names no key.
            switch character {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): bits = bits << 4 | UInt64(character - UInt8(ascii: "0"))
            case UInt8(ascii: "a")...UInt8(ascii: "f"): bits = bits << 4 | UInt64(character - UInt8(ascii: "a") + 10)
            default: return nil
            }
        }
        bitPattern = Int64(bitPattern: bits)
    }

    /// The 8 bytes, most significant first, as they stand in a sealed value from its third byte on.
    package var bytes: [UInt8] {
        unsafe withUnsafeBytes(of: bitPattern.bigEndian) { unsafe Array($0) }
    }
}

extension KeyID: CustomStringConvertible {
    /// 16 lowercase hexadecimal digits.
    package var description: String {
        unsafe String(unsafeUninitializedCapacity: 16) { text in
            for index in 0..<16 {
                let digit = UInt8(truncatingIfNeeded: bitPattern >> (60 - 4 * index)) & 0xF
                unsafe text[index] = digit + UInt8(ascii: digit < 10 ? "0" : "a") - (digit < 10 ? 0 : 10)
            }
            return 16
        }
    }
}

/// Marks ids of storage keys.
package enum StorageKeyKind {}
/// Marks ids of installation keys.
package enum InstallationKeyKind {}
/// Marks ids of deployment keys.
package enum DeploymentKeyKind {}

/// The name of a storage key, also the name of its file.
package typealias StorageKeyID = KeyID<StorageKeyKind>
/// The name of an installation key.
package typealias InstallationKeyID = KeyID<InstallationKeyKind>
/// The name of a deployment key.
package typealias DeploymentKeyID = KeyID<DeploymentKeyKind>

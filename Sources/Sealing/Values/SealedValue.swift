/// A sealed value as it is stored: a header, a nonce and a ciphertext. It is no secret.
///
/// This is the whole format; another program can open a row with the key file and what follows.
///
/// ## Bytes
///
/// | offset | bytes | what |
/// | --- | --- | --- |
/// | 0 | 1 | version: 1, or 2 for a value of kind 2 |
/// | 1 | 1 | kind: 1 or 2; 3 was never written, and is not used again |
/// | 2 | 8 | id of the key that opens it, most significant byte first (its text is these bytes in hexadecimal) |
/// | 10 | 24 | nonce, random |
/// | 34 | n | ciphertext, as long as the plaintext |
/// | 34 + n | 16 | Poly1305 tag |
///
/// The cipher is XChaCha20-Poly1305 in its IETF form (draft-irtf-cfrg-xchacha, 24-byte nonce, 32-byte key).
///
/// ## Associated data
///
/// The first 10 bytes of the value, then the encoded context. The context is a list of texts in UTF-8: the purpose,
/// then the parts of the place. Its encoding is the number of texts in 4 bytes, then for each text its length in
/// bytes in 4 bytes and the text itself. Numbers have their most significant byte first. For purpose `p` and place
/// `a`, `bc` it is, in hexadecimal:
///
///     00000003 00000001 70 00000001 61 00000002 6263
///
/// What the parts of a place are is said by `InstallationID.context`. In version 2 of kind 2 the place says more than in
/// version 1, so that an older value does not open where a newer one belongs; version 1 is only read, and by a store that
/// has been brought up to date not even that.
///
/// ## Kinds and keys
///
/// | kind | plaintext | key id and key |
/// | --- | --- | --- |
/// | 1 | a wrapped key: its id (8 bytes), then the key (32 bytes) | a storage key, from its key file |
/// | 2 | a value of an installation: any bytes | an installation key, itself wrapped as kind 1 |
package struct SealedValue: Sendable, Equatable {
    /// Version, kind and key id: the part of the associated data that the value itself carries.
    static let headerSize = 10
    /// What sealing adds to a plaintext.
    static let overhead = headerSize + AEAD.Nonce.size + AEAD.tagSize

    /// The stored form.
    package let bytes: [UInt8]
    /// What was sealed under which sort of key.
    package let kind: SealedKind
    /// How much its place says.
    package let version: SealedVersion

    /// Reads a stored value. Throws `.malformed` unless version and kind are known and it is long enough to hold a
    /// nonce and a tag.
    package init(bytes: [UInt8]) throws(SealingError) {
        guard bytes.count >= Self.overhead, let version = SealedVersion(rawValue: bytes[0]),
            let kind = SealedKind(rawValue: bytes[1]), version <= kind.version
        else { throw .malformed }
        self.bytes = bytes
        self.kind = kind
        self.version = version
    }

    /// For `Envelope`, which has just written the bytes.
    init(sealed bytes: [UInt8], kind: SealedKind) {
        self.bytes = bytes
        self.kind = kind
        version = kind.version
    }

    /// The bits of the id of the key that opens it; whose id it is depends on the kind.
    package var keyIDBitPattern: Int64 {
        bytes[2..<10].reduce(0) { $0 << 8 | Int64($1) }
    }

    /// The storage key that opens it; nil unless it is a wrapped key.
    package var storageKeyID: StorageKeyID? {
        kind == .wrappedKey ? StorageKeyID(bitPattern: keyIDBitPattern) : nil
    }

    /// Number of bytes of the plaintext.
    var plaintextCount: Int { bytes.count - Self.overhead }
}

/// What a sealed value holds and which sort of key opens it. The raw value is the byte in the header.
package enum SealedKind: UInt8, Sendable {
    /// A key wrapped under a storage key.
    case wrappedKey = 1
    /// A value sealed under an installation key.
    case installationValue = 2

    /// The version that is written.
    var version: SealedVersion { self == .installationValue ? .two : .one }
}

/// The byte in front of a sealed value.
package enum SealedVersion: UInt8, Comparable, Sendable {
    /// The only one of keys.
    case one = 1
    /// Of an installation's values: its tokens name the token set they belong to, its events their type.
    case two = 2

    package static func < (left: SealedVersion, right: SealedVersion) -> Bool { left.rawValue < right.rawValue }
}

extension SealedValue: CustomStringConvertible, CustomReflectable {
    /// Kind, key id and size; never the bytes.
    package var description: String {
        "sealed value of kind \(kind.rawValue) under key \(KeyID<Never>(bitPattern: keyIDBitPattern)), "
            + "\(bytes.count) bytes"
    }
    /// Shows no children, so that a dump of a row does not print it.
    package var customMirror: Mirror { Mirror(self, children: EmptyCollection<Mirror.Child>()) }
}

/// A wrapped installation key held inline, for keeping very many of them: an array each would cost half as much again.
package struct WrappedKey: Sendable {
    /// Bytes of every wrapped key: what sealing adds, the id of the key, the key.
    package static let count = SealedValue.overhead + 8 + KeyMaterial.size

    private let bytes: InlineArray<90, UInt8>

    /// The same value without its array; nil for a value that is no wrapped key.
    package init?(_ value: SealedValue) {
        guard value.kind == .wrappedKey, value.bytes.count == Self.count else { return nil }
        bytes = InlineArray { index in value.bytes[index] }
    }

    /// The value as it was.
    package var sealed: SealedValue {
        let copy = [UInt8](capacity: Self.count) { output in
            for index in bytes.indices { output.append(bytes[index]) }
        }
        return SealedValue(sealed: copy, kind: .wrappedKey)
    }
}

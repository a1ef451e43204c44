/// 128 bits of a keyed BLAKE2b over some text, for finding things in a table without keeping the text.
///
/// Two texts that share a name are as hard to come by as a guessed key. Not for comparing secrets: `==` here takes a time
/// that tells where two names differ.
package struct KeyedName: Hashable, Sendable {
    private let high: UInt64
    private let low: UInt64

    fileprivate init(_ digest: Digest) {
        high = digest.words[0]
        low = digest.words[1]
    }
}

extension MACKey {
    /// The name of a text under this key.
    package func name(of text: [UInt8]) -> KeyedName {
        KeyedName(digest(of: text))
    }
}

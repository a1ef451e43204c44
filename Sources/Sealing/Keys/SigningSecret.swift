import CSodium

/// The secret that an add-on's own code shares with Innkeeper, to know that a delivery is genuine (Standard Webhooks,
/// symmetric signatures: HMAC-SHA256, `v1`).
///
/// Written as `whsec_` and the base64 of 16 to 128 random bytes; the specification asks for 24 to 64.
package struct SigningSecret: Sendable {
    private static let prefix = "whsec_"
    private static let sizes = 16...128

    private let key: SecretBytes

    /// Reads one secret's text; nil for anything else.
    package init?(_ text: UnsafeRawBufferPointer) {
        let head = Self.prefix.utf8
        guard text.count > head.count, unsafe text.prefix(head.count).elementsEqual(head) else { return nil }
        let encoded = unsafe UnsafeRawBufferPointer(rebasing: text.dropFirst(head.count))
        guard let key = unsafe Self.decode(encoded), Self.sizes.contains(key.count) else { return nil }
        self.key = key
    }

    /// Reads one secret's text; nil for anything else.
    package init?(_ text: String) {
        let bytes = Array(text.utf8)
        guard let secret = unsafe bytes.withUnsafeBytes({ unsafe SigningSecret($0) }) else { return nil }
        self = secret
    }

    /// The signature of one delivery, as `webhook-signature` carries it: `v1,` and base64 of the HMAC over
    /// `id.timestamp.body`.
    package func signature(id: String, timestamp: Int64, body: [UInt8]) -> String {
        let head = Array("\(id).\(timestamp).".utf8)
        var state = crypto_auth_hmacsha256_state()
        var mac = [UInt8](repeating: 0, count: Int(crypto_auth_hmacsha256_BYTES))
        defer {
            // The state holds the padded key.
            unsafe withUnsafeMutableBytes(of: &state) { unsafe sodium_memzero($0.baseAddress, $0.count) }
        }
        unsafe key.expose("signing a delivery") { key in
            _ = unsafe crypto_auth_hmacsha256_init(&state, key.cBytes, key.count)
        }
        for part in [head, body] {
            _ = unsafe part.withUnsafeBytes {
                unsafe crypto_auth_hmacsha256_update(&state, $0.cBytes, UInt64($0.count))
            }
        }
        _ = unsafe crypto_auth_hmacsha256_final(&state, &mac)
        return "v1," + Self.base64(mac)
    }

    /// Decodes standard base64, padded or not, in constant time for a given length.
    private static func decode(_ text: UnsafeRawBufferPointer) -> SecretBytes? {
        let variants = [sodium_base64_VARIANT_ORIGINAL, sodium_base64_VARIANT_ORIGINAL_NO_PADDING]
        for variant in variants {
            var count = 0
            let padded = text.count / 4 * 3 + 3
            let decoded = unsafe SecretBytes(count: padded) { output in
                let status = unsafe sodium_base642bin(
                    output.cBytes, output.count, UnsafeRawPointer(text.cBytes).assumingMemoryBound(to: CChar.self),
                    text.count, nil, &count, nil, Int32(variant))
                if status != 0 { count = 0 }
            }
            guard count > 0 else { continue }
            return unsafe decoded.expose("cut to length") { bytes in
                unsafe SecretBytes(UnsafeRawBufferPointer(rebasing: bytes[..<count]))
            }
        }
        return nil
    }

    private static func base64(_ bytes: [UInt8]) -> String {
        let variant = Int32(sodium_base64_VARIANT_ORIGINAL)
        var text = [CChar](repeating: 0, count: sodium_base64_encoded_len(bytes.count, variant))
        unsafe sodium_bin2base64(&text, text.count, bytes, bytes.count, variant)
        return String(decoding: text.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
    }
}

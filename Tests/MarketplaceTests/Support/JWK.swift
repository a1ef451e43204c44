import Marketplace
import Testing

@testable import Marketplace

/// JSON Web Keys, which only the test vectors use: turned into the PEM that production reads.
enum JWK {
    /// The trusted keys of a group's `public` member, a key or a set of keys; nil when none of them may verify RS256.
    static func trustedKeys(_ group: JSONObject) -> TrustedKeys? {
        guard let key = group["public"]?.object else { return nil }
        let keys = key["keys"]?.array?.compactMap(\.object) ?? [key]
        let pem = keys.compactMap(pem).joined()
        return try? TrustedKeys(pem: pem)
    }

    /// The key as PEM; nil when it is not an RSA key for verifying RS256.
    static func pem(_ key: JSONObject) -> String? {
        guard key["kty"]?.string == "RSA", ["RS256", nil].contains(key["alg"]?.string) else { return nil }
        guard ["sig", nil].contains(key["use"]?.string) else { return nil }
        if let operations = key["key_ops"]?.array, !operations.contains(where: { $0.string == "verify" }) { return nil }
        guard let modulus = bytes(key["n"]), let exponent = bytes(key["e"]) else { return nil }
        return PEM.text(label: "PUBLIC KEY", der: spki(modulus: modulus, exponent: exponent))
    }

    /// SubjectPublicKeyInfo of an RSA key, DER.
    static func spki(modulus: [UInt8], exponent: [UInt8]) -> [UInt8] {
        let key = element(0x30, integer(modulus) + integer(exponent))
        let rsaEncryption: [UInt8] = [
            0x30, 0x0D, 0x06, 0x09, 0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x01, 0x01, 0x05, 0x00,
        ]
        return element(0x30, rsaEncryption + element(0x03, [0] + key))
    }

    private static func bytes(_ value: JSONValue?) -> [UInt8]? {
        guard let text = value?.string else { return nil }
        return Base64URL.decode(text.utf8.span)
    }

    private static func integer(_ magnitude: [UInt8]) -> [UInt8] {
        element(0x02, (magnitude.first ?? 0) >= 0x80 ? [0] + magnitude : magnitude)
    }

    private static func element(_ tag: UInt8, _ content: [UInt8]) -> [UInt8] {
        let count = content.count
        if count < 0x80 { return [tag, UInt8(count)] + content }
        return [tag, 0x82, UInt8(count >> 8), UInt8(count & 0xFF)] + content
    }
}

internal import COpenSSL

/// A platform for development and tests: makes keys and signs tokens as Clockify does. A server believes it only while
/// its public key is configured as trusted.
package final class StandInPlatform: Sendable {
    private let key: OpenSSLKey

    /// Why the stand-in platform cannot work.
    package enum Failure: Error, Hashable, Sendable {
        /// OpenSSL made no key.
        case generation
        /// Not one PEM block with an RSA private key of 2048 bits or more.
        case badKey
        /// OpenSSL made no signature.
        case signing
    }

    /// A platform with a fresh 2048-bit key.
    package init() throws(Failure) {
        guard let key = unsafe OpenSSLKey(owning: innkeeper_rsa_generate(2048)) else { throw .generation }
        self.key = key
    }

    /// The platform whose `privatePEM` was kept.
    package init(privatePEM: String) throws(Failure) {
        let blocks: [PEM.Block]
        do throws(PEM.Malformed) {
            blocks = try PEM.blocks(privatePEM)
        } catch {
            throw .badKey
        }
        guard let block = blocks.first, blocks.count == 1, block.label == "PRIVATE KEY" else { throw .badKey }
        guard let key = Self.parse(block.der), key.isRSA, key.bits >= 2048 else { throw .badKey }
        self.key = key
    }

    /// The private key as PKCS #8, with a first line that keeps it from being taken for anybody's real key.
    package func privatePEM() throws(Failure) -> String {
        guard let info = unsafe EVP_PKEY2PKCS8(key.pointer) else { throw .badKey }
        defer { unsafe PKCS8_PRIV_KEY_INFO_free(info) }
        var bytes: UnsafeMutablePointer<UInt8>?
        let count = unsafe i2d_PKCS8_PRIV_KEY_INFO(info, &bytes)
        defer { unsafe CRYPTO_clear_free(bytes, Int(max(count, 0)), nil, 0) }
        guard count > 0 else { throw .badKey }
        let der = unsafe Array(UnsafeBufferPointer(start: bytes, count: Int(count)))
        return Self.mark + PEM.text(label: "PRIVATE KEY", der: der)
    }

    /// The public key, for the server's list of trusted keys.
    package func publicPEM() throws(Failure) -> String {
        guard let spki = key.spki else { throw .badKey }
        return Self.mark + PEM.text(label: "PUBLIC KEY", der: spki)
    }

    /// An RS256 token with these claims, in this order.
    package func sign(claims: [(String, JSONValue)]) throws(Failure) -> String {
        let claims = JSONValue.object(JSONObject(claims.map { (name: $0.0, value: $0.1) }))
        return try sign(header: Array(#"{"typ":"JWT","alg":"RS256"}"#.utf8), payload: claims.utf8)
    }

    /// A signed token with exactly these bytes as header and payload, well-formed or not.
    package func sign(header: [UInt8], payload: [UInt8]) throws(Failure) -> String {
        try sign(input: Base64URL.encode(header) + "." + Base64URL.encode(payload))
    }

    /// A token whose first two parts are `input` as it stands, well-formed or not.
    package func sign(input: String) throws(Failure) -> String {
        input + "." + Base64URL.encode(try signature(over: Array(input.utf8)))
    }

    private static let mark =
        "# Stand-in platform of Innkeeper, for development. Not \(KnownPlatform.clockify.name)'s key.\n"

    private func signature(over message: [UInt8]) throws(Failure) -> [UInt8] {
        guard let sha256 = SHA256.algorithm, let context = unsafe EVP_MD_CTX_new() else { throw .signing }
        defer {
            unsafe EVP_MD_CTX_free(context)
            ERR_clear_error()
        }
        var signature = [UInt8](repeating: 0, count: key.signatureLength)
        var count = signature.count
        guard unsafe EVP_DigestSignInit(context, nil, sha256.pointer, nil, key.pointer) == 1,
            unsafe EVP_DigestSign(context, &signature, &count, message, message.count) == 1, count == signature.count
        else { throw .signing }
        return signature
    }

    private static func parse(_ der: [UInt8]) -> OpenSSLKey? {
        unsafe der.withUnsafeBufferPointer { buffer -> OpenSSLKey? in
            var position = buffer.baseAddress
            return unsafe OpenSSLKey(owning: d2i_AutoPrivateKey(nil, &position, buffer.count))
        }
    }
}

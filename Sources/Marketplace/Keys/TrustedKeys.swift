/// The RSA public keys whose signatures are the platform's, in the order they are tried.
///
/// A token's `kid` plays no part: the platform documents none, and who sends the token must not choose the key
/// (protocol.md section 2).
package struct TrustedKeys: Sendable {
    private let keys: [RSAPublicKey]

    /// Reads one or more PEM blocks `PUBLIC KEY`. Blank lines and `#` comments may stand between blocks, nothing else.
    package init(pem: String) throws(PlatformKeyError) {
        let blocks: [PEM.Block]
        do throws(PEM.Malformed) {
            blocks = try PEM.blocks(pem)
        } catch {
            throw .notPEM(line: error.line)
        }
        guard !blocks.isEmpty else { throw .noKey }
        var keys: [RSAPublicKey] = []
        for (index, block) in blocks.enumerated() {
            if block.label.hasSuffix("PRIVATE KEY") { throw .privateKey(key: index + 1) }
            guard block.label == "PUBLIC KEY" else { throw .notPublicKey(key: index + 1) }
            keys.append(try RSAPublicKey(spki: block.der, number: index + 1))
        }
        self.keys = keys
    }

    /// The same from a file's bytes, which must be UTF-8.
    package init(pem: [UInt8]) throws(PlatformKeyError) {
        guard let text = String(validating: pem, as: UTF8.self) else { throw .notPEM(line: 1) }
        try self.init(pem: text)
    }

    /// SHA-256 of each key's SubjectPublicKeyInfo in hexadecimal, for logs and `doctor`.
    package var fingerprints: [String] { keys.map(\.fingerprint) }

    /// Whether `signature` is RS256 over `message` under any of the keys.
    package func verify(_ signature: [UInt8], over message: Span<UInt8>) -> Bool {
        for key in keys where key.verify(signature, over: message) { return true }
        return false
    }
}

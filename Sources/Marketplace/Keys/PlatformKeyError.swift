/// Why a list of trusted keys cannot be used. Keys are counted from 1; no case carries key material.
package enum PlatformKeyError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The text holds no key at all.
    case noKey
    /// Not PEM at this line.
    case notPEM(line: Int)
    /// A private key, which has no business on this machine.
    case privateKey(key: Int)
    /// A block that is not `PUBLIC KEY`.
    case notPublicKey(key: Int)
    /// A public key that OpenSSL cannot read, or that has bytes behind its end.
    case malformed(key: Int)
    /// A key of another kind than plain RSA.
    case notRSA(key: Int)
    /// Fewer than 2048 bits or more than 8192.
    case badLength(key: Int, bits: Int)
    /// A public exponent that is even or 1: with 1 every padded text is its own signature.
    case badExponent(key: Int)
    /// A modulus that is no honest product of two primes, or of the generator of CVE-2017-15361.
    case weakModulus(key: Int)

    package var description: String {
        switch self {
        case .noKey: "no key found; expected one or more PEM blocks \"PUBLIC KEY\""
        case .notPEM(let line): "line \(line) is not PEM"
        case .privateKey(let key): "key \(key) is a private key; give the public half only"
        case .notPublicKey(let key): "key \(key) is not a \"PUBLIC KEY\" block (SubjectPublicKeyInfo)"
        case .malformed(let key): "key \(key) cannot be read as a public key"
        case .notRSA(let key): "key \(key) is not an RSA key"
        case .badLength(let key, let bits): "key \(key) has \(bits) bits; 2048 to 8192 are accepted"
        case .badExponent(let key): "key \(key) has a public exponent that is even or 1"
        case .weakModulus(let key): "key \(key) has a modulus that is known to be weak"
        }
    }
}

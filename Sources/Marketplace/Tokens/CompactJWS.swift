/// The compact form of a signed token (RFC 7515 section 7.1), taken apart strictly. Nothing here is verified yet.
struct CompactJWS: Sendable {
    /// The longest token that is looked at, in bytes.
    static let maximumLength = 8192

    /// The whole token. A secret: never printed.
    let text: String
    /// How many bytes of `text` the signature covers: header, dot, payload.
    let signedLength: Int
    /// The three parts, decoded, one behind the other.
    let decoded: [UInt8]
    /// Where in `decoded` the middle part lies.
    let payload: Range<Int>

    /// The decoded last part.
    var signature: [UInt8] { Array(decoded[payload.upperBound...]) }

    /// Takes a token apart and holds its header to the rules.
    init(_ text: String) throws(TokenRefusal) {
        let bytes = text.utf8.span
        guard bytes.count <= Self.maximumLength else { throw .tooLong }
        let (first, second) = try Self.dots(bytes)
        var payload = 0..<0
        var isCanonical = false
        let decoded = [UInt8](capacity: bytes.count * 3 / 4) { output in
            guard Base64URL.decode(bytes.extracting(0..<first), into: &output) else { return }
            let start = output.count
            guard Base64URL.decode(bytes.extracting((first + 1)..<second), into: &output) else { return }
            payload = start..<output.count
            isCanonical = Base64URL.decode(bytes.extracting((second + 1)...), into: &output)
        }
        guard isCanonical else { throw .notBase64URL }
        try Self.check(header: decoded.span.extracting(first: payload.lowerBound))
        self.text = text
        self.signedLength = second
        self.decoded = decoded
        self.payload = payload
    }

    /// Whether a trusted key signed it.
    func isSigned(by keys: TrustedKeys) -> Bool {
        keys.verify(signature, over: text.utf8.span.extracting(first: signedLength))
    }

    /// Reads bytes that must be a strict JSON object, and shows its members in order. They count only once all is read.
    @inline(__always)
    static func read(
        _ bytes: Span<UInt8>, visit: (JSONScanner.Text, Range<Int>) -> Void
    ) throws(TokenRefusal) {
        let isObject: Bool
        do throws(JSONError) {
            isObject = try StrictJSON.inspect(bytes, visit: visit)
        } catch .duplicateName {
            throw .duplicateName
        } catch {
            throw .notJSON
        }
        guard isObject else { throw .notJSON }
    }

    /// Positions of the only two dots.
    private static func dots(_ bytes: Span<UInt8>) throws(TokenRefusal) -> (Int, Int) {
        let dot = UInt8(ascii: ".")
        guard let first = bytes.firstIndex(of: dot), let second = bytes.firstIndex(of: dot, from: first + 1),
            bytes.firstIndex(of: dot, from: second + 1) == nil
        else { throw .notThreeParts }
        return (first, second)
    }

    private static func check(header bytes: Span<UInt8>) throws(TokenRefusal) {
        var isRS256 = false
        var isForbidden = false
        try read(bytes) { name, value in
            if JSONScanner.matches(name, "alg", bytes) { isRS256 = StrictJSON.isString(value, "RS256", bytes) }
            if Self.isForbidden(name, bytes) { isForbidden = true }
        }
        // Pinned: a token that names its own algorithm makes a public key into an HMAC secret, or needs no key at all.
        guard isRS256 else { throw .algorithm }
        guard !isForbidden else { throw .forbiddenHeader }
    }

    /// Extensions that change what is signed (`crit`, `b64`, `zip`) and keys that the sender chose.
    private static func isForbidden(_ name: JSONScanner.Text, _ bytes: Span<UInt8>) -> Bool {
        let text = JSONScanner.decode(name, bytes)
        return switch text {
        case "crit", "b64", "zip", "jwk", "jku": true
        default: text.utf8.starts(with: "x5".utf8)
        }
    }
}

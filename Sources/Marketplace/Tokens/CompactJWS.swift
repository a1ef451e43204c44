/// The compact form of a signed token (RFC 7515 section 7.1), taken apart strictly. Nothing here is verified yet.
struct CompactJWS: Sendable {
    /// The longest token that is looked at, in bytes.
    static let maximumLength = 8192

    /// The whole token. A secret: never printed.
    let text: String
    /// How many bytes of `text` the signature covers: header, dot, payload.
    let signedLength: Int
    /// The decoded middle part.
    let payload: [UInt8]
    /// The decoded last part.
    let signature: [UInt8]

    /// Takes a token apart and holds its header to the rules.
    init(_ text: String) throws(TokenRefusal) {
        let bytes = text.utf8.span
        guard bytes.count <= Self.maximumLength else { throw .tooLong }
        let (first, second) = try Self.dots(bytes)
        guard let header = Base64URL.decode(bytes.extracting(0..<first)),
            let payload = Base64URL.decode(bytes.extracting((first + 1)..<second)),
            let signature = Base64URL.decode(bytes.extracting((second + 1)...))
        else { throw .notBase64URL }
        try Self.check(header: header)
        self.text = text
        self.signedLength = second
        self.payload = payload
        self.signature = signature
    }

    /// Whether a trusted key signed it.
    func isSigned(by keys: TrustedKeys) -> Bool {
        keys.verify(signature, over: text.utf8.span.extracting(first: signedLength))
    }

    /// Reads bytes that must be a strict JSON object.
    static func object(_ bytes: [UInt8]) throws(TokenRefusal) -> JSONObject {
        let value: JSONValue
        do throws(JSONError) {
            value = try StrictJSON.parse(bytes.span)
        } catch .duplicateName {
            throw .duplicateName
        } catch {
            throw .notJSON
        }
        guard let object = value.object else { throw .notJSON }
        return object
    }

    /// Positions of the only two dots.
    private static func dots(_ bytes: Span<UInt8>) throws(TokenRefusal) -> (Int, Int) {
        var first: Int?
        var second: Int?
        for index in bytes.indices where bytes[index] == UInt8(ascii: ".") {
            guard second == nil else { throw .notThreeParts }
            if first == nil { first = index } else { second = index }
        }
        guard let first, let second else { throw .notThreeParts }
        return (first, second)
    }

    private static func check(header bytes: [UInt8]) throws(TokenRefusal) {
        let header = try object(bytes)
        // Pinned: a token that names its own algorithm makes a public key into an HMAC secret, or needs no key at all.
        guard let algorithm = header["alg"]?.string, algorithm.hasSameBytes(as: "RS256") else { throw .algorithm }
        for (name, _) in header.members where isForbidden(name) { throw .forbiddenHeader }
    }

    /// Extensions that change what is signed (`crit`, `b64`, `zip`) and keys that the sender chose.
    private static func isForbidden(_ name: String) -> Bool {
        switch name {
        case "crit", "b64", "zip", "jwk", "jku": true
        default: name.utf8.starts(with: "x5".utf8)
        }
    }
}

import Marketplace

/// The address of a server's public listener.
struct ServerAddress: Hashable, Sendable {
    /// Scheme, host and port, such as `http://127.0.0.1:8080`.
    let origin: String
    /// What follows; below it the server gives out manifests.
    let path: RoutePath

    /// Reads an address.
    init(_ text: String) throws(SimulateError) {
        guard let url = HTTPURL(text), !text.contains("?"), let path = RoutePath.normalise(text) else { throw .badURL }
        origin = url.origin
        self.path = path
    }

    /// Where the server gives out the manifest of the add-on `key`; nil means its only one (contract.md section 2).
    func manifest(of key: String?) -> String {
        let base = path == .root ? origin : origin + path.text
        guard let key else { return base + "/manifest" }
        return base + "/manifests/" + Self.escape(key) + ".json"
    }

    /// Percent-encodes every byte that has a meaning in a URL: the key may hold any of them.
    private static func escape(_ text: String) -> String {
        text.utf8.map { byte in
            let scalar = Unicode.Scalar(byte)
            let isPlain = scalar.isASCII && (scalar.properties.isAlphabetic || scalar.properties.numericType != nil)
            if isPlain || "-._~".unicodeScalars.contains(scalar) { return String(scalar) }
            return "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true)
        }.joined()
    }
}

/// Collects the routes of several manifests and finds the claims that exclude each other.
struct RouteTableBuilder {
    private(set) var routes: [String: RouteTable.Route] = [:]
    private var owners: [RoutePath: AddonKey] = [:]
    private let reserved: Set<RoutePath>

    /// Enters the manifests' own addresses (contract.md section 2) and reserves all that the server answers itself.
    init(_ manifests: [Manifest]) {
        var reserved: Set<RoutePath> = Set(["/healthz", "/readyz"].compactMap { RoutePath.normalise($0) })
        for (index, manifest) in manifests.enumerated() {
            let base = manifest.basePath
            let isAlone = manifests.count { $0.basePath == base } == 1
            for path in ["/manifest", "/manifest.json"].compactMap({ RoutePath.normalise($0)?.below(base) }) {
                // Reserved even while two add-ons share the base path and neither gets it: removing one brings it back.
                reserved.insert(path)
                if isAlone { routes[path.text] = .manifest(index: index) }
            }
            if let path = Self.ownAddress(of: manifest.key)?.below(base) {
                reserved.insert(path)
                routes[path.text] = .manifest(index: index)
            }
        }
        self.reserved = reserved
    }

    /// Enters the paths that one manifest claims.
    mutating func add(_ manifest: Manifest) throws(RouteConflict) {
        let key = manifest.key
        if keys.contains(key) { throw .sameKey(key) }
        keys.insert(key)
        for call in manifest.lifecycle {
            let path = call.path.below(manifest.basePath)
            try claim(path, for: key)
            routes[path.text] = .lifecycle(addon: key, type: call.type)
        }
        for (path, events) in manifest.webhookEvents {
            let full = path.below(manifest.basePath)
            try claim(full, for: key)
            routes[full.text] = .webhook(addon: key, path: path, events: events)
        }
    }

    private var keys: Set<AddonKey> = []

    private mutating func claim(_ path: RoutePath, for key: AddonKey) throws(RouteConflict) {
        if reserved.contains(path) { throw .reserved(path, key) }
        if let owner = owners[path] { throw .samePath(path, owner, key) }
        owners[path] = key
    }

    /// `/manifests/<key>.json`, with every byte of the key that has a meaning in a URL percent-encoded.
    private static func ownAddress(of key: AddonKey) -> RoutePath? {
        let encoded = key.text.utf8.map { byte -> String in
            let scalar = Unicode.Scalar(byte)
            let isPlain = scalar.isASCII && (scalar.properties.isAlphabetic || ("0"..."9").contains(scalar))
            if isPlain || "-._~".unicodeScalars.contains(scalar) { return String(scalar) }
            return "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true)
        }
        return RoutePath.normalise("/manifests/" + encoded.joined() + ".json")
    }
}

import Marketplace

/// The manifests of a deployment: every `addons/*.json`.
///
/// Beside them lies what editors and systems leave behind (`._x.json`, `.x.json.swp`, `x.json~`) and how a mounted volume keeps its
/// versions (`..data`). None of that is a manifest, and an older copy of one must not be served.
enum Manifests {
    /// The names of their files, sorted.
    static func names(in directory: String) throws(StartupError) -> [String] {
        try Files.list(directory).filter(isManifest)
    }

    /// Whatever else lies there: passed over, and said.
    static func leftovers(in directory: String) throws(StartupError) -> [String] {
        try Files.list(directory).filter { !isManifest($0) }
    }

    private static func isManifest(_ name: String) -> Bool { name.hasSuffix(".json") && !name.hasPrefix(".") }

    /// Reads them all; one bad manifest stops the start.
    static func load(from directory: String) throws(StartupError) -> [Manifest] {
        var manifests: [Manifest] = []
        for name in try names(in: directory) {
            manifests.append(try read(directory + "/" + name, isTrusted: true))
        }
        return manifests
    }

    /// Reads one.
    static func read(_ path: String, isTrusted: Bool = false) throws(StartupError) -> Manifest {
        let bytes = try Files.read(path, isTrusted: isTrusted)
        do {
            return try Manifest(bytes)
        } catch {
            throw .manifest(file: path, error)
        }
    }

    /// The file name an add-on's manifest is kept under. A key may hold any character; a file name should not.
    static func fileName(for key: AddonKey, index: Int) -> String {
        let isPlain = key.text.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): return true
            case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"): return true
            default: return false
            }
        }
        return (isPlain ? key.text : "addon-\(index + 1)") + ".json"
    }
}

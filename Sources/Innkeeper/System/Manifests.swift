import Marketplace

/// The manifests of a deployment: every `addons/*.json`.
enum Manifests {
    /// Reads them all; one bad manifest stops the start.
    static func load(from directory: String) throws(StartupError) -> [Manifest] {
        var manifests: [Manifest] = []
        for name in try Files.list(directory, ending: ".json") {
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

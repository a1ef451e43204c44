import FoundationEssentials
import Marketplace

/// Manifests from files and servers, with errors that say whose they are.
enum ManifestFile {
    /// Reads the manifest at `path`.
    static func read(_ path: String) throws(SimulateError) -> Manifest {
        guard let bytes = FileManager.default.contents(atPath: path) else {
            throw .file(path: path, reason: "cannot be read")
        }
        return try parse(Array(bytes), from: path)
    }

    /// Reads a manifest that came from `source`.
    static func parse(_ bytes: [UInt8], from source: String) throws(SimulateError) -> Manifest {
        do throws(ManifestError) {
            return try Manifest(bytes)
        } catch {
            throw .badManifest(source: source, problem: error.description)
        }
    }
}

import FoundationEssentials
import Glibc
import Sealing

/// A temporary directory with all that the demo needs: a data directory, a key pair, a manifest, the server's log.
struct DemoStage: Sendable {
    /// Mode 0700, with a name nobody can foresee.
    let directory: String

    /// The server's data directory.
    var dataDirectory: String { directory + "/data" }
    /// The stand-in platform's key pair.
    var keys: StandInKeys { StandInKeys(directory: directory + "/platform") }
    /// The add-on's manifest.
    var manifestFile: String { directory + "/sample-addon.json" }
    /// The secret that the server and the add-on's own code share.
    var secretFile: String { directory + "/forward.secret" }
    /// What the server wrote to standard error.
    var logFile: String { directory + "/server.log" }

    /// What the demo's processes get as environment.
    var environment: [String: String] { environment(from: ProcessInfo.processInfo.environment) }

    /// `ours` less every setting of the developer's own: the address of a real store must not reach the demo.
    func environment(from ours: [String: String]) -> [String: String] {
        var environment = ours.filter { !$0.key.hasPrefix("INNKEEPER_") }
        environment["INNKEEPER_DATA_DIR"] = dataDirectory
        return environment
    }

    /// Makes the directory with a key pair and the sample manifest.
    static func make() throws(SimulateError) -> DemoStage {
        let base = ProcessInfo.processInfo.environment["TMPDIR"] ?? "/tmp"
        var path = Array("\(base)/innkeeper-demo-XXXXXX".utf8CString)
        guard mkdtemp(&path) != nil else {
            throw .file(path: base, reason: "no temporary directory can be made; set TMPDIR to another place")
        }
        let stage = DemoStage(directory: String(decoding: path.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self))
        do throws(SimulateError) {
            try stage.keys.create()
            guard
                FileManager.default.createFile(
                    atPath: stage.manifestFile, contents: Data(SampleManifest.text.utf8), attributes: nil)
            else { throw .file(path: stage.manifestFile, reason: "cannot be written") }
        } catch {
            try stage.remove()
            throw error
        }
        return stage
    }

    /// Makes the secret that the server and the add-on's own code share.
    func makeSecret() throws(SimulateError) -> SigningSecret {
        let text = "whsec_" + Data((0..<32).map { _ in UInt8.random(in: .min ... .max) }).base64EncodedString()
        guard let secret = SigningSecret(text),
            FileManager.default.createFile(
                atPath: secretFile, contents: Data(text.utf8), attributes: [.posixPermissions: 0o600])
        else { throw .file(path: secretFile, reason: "cannot be written") }
        return secret
    }

    /// Tells the server, which does not run yet, where the add-on's events go.
    func forward(to url: String) throws(SimulateError) {
        let file = dataDirectory + "/innkeeper.json"
        let settings = ["forward": [SampleManifest.key: ["url": url, "secret": secretFile]]]
        do {
            try JSONEncoder().encode(settings).write(to: URL(fileURLWithPath: file))
        } catch {
            throw .file(path: file, reason: "cannot be written")
        }
    }

    /// Removes everything.
    func remove() throws(SimulateError) {
        do {
            try FileManager.default.removeItem(atPath: directory)
        } catch {
            throw .file(path: directory, reason: "cannot be removed; it holds nothing but the demo's data")
        }
    }

    /// The last lines of the server's log; empty when there is none.
    func logTail(_ count: Int = 20) -> String {
        let bytes = FileManager.default.contents(atPath: logFile) ?? Data()
        return String(decoding: bytes, as: UTF8.self).split(separator: "\n").suffix(count).joined(separator: "\n")
    }
}

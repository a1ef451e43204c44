import FoundationEssentials
import Glibc
import Marketplace

/// The key pair of a stand-in platform: two files in one directory.
struct StandInKeys: Sendable {
    /// Where the files are.
    let directory: String

    /// What the server is given as `--platform-keys`.
    var publicPath: String { directory + "/platform.pem" }
    /// What the stand-in platform signs with.
    var privatePath: String { directory + "/platform-private.pem" }

    /// Makes a key pair. Never overwrites: a server that trusts the lost key would refuse every later call.
    func create() throws(SimulateError) {
        let (privatePEM, publicPEM): (String, String)
        do throws(StandInPlatform.Failure) {
            let platform = try StandInPlatform()
            (privatePEM, publicPEM) = (try platform.privatePEM(), try platform.publicPEM())
        } catch {
            throw .signing
        }
        do {
            try FileManager.default.createDirectory(
                atPath: directory, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        } catch {
            throw .file(path: directory, reason: "the directory cannot be made")
        }
        try Self.write(privatePEM, to: privatePath, mode: 0o600)
        do {
            try Self.write(publicPEM, to: publicPath, mode: 0o644)
        } catch {
            // Half a pair helps nobody and would block the next attempt.
            unlink(privatePath)
            throw error
        }
    }

    /// The platform that signs with this key pair.
    func platform() throws(SimulateError) -> StandInPlatform {
        guard let bytes = FileManager.default.contents(atPath: privatePath) else { throw .noKeys(path: privatePath) }
        do throws(StandInPlatform.Failure) {
            return try StandInPlatform(privatePEM: String(decoding: bytes, as: UTF8.self))
        } catch {
            throw .badKeys(path: privatePath)
        }
    }

    /// Writes a file that must not exist yet. O_EXCL also refuses a symbolic link that somebody left in the way.
    private static func write(_ text: String, to path: String, mode: mode_t) throws(SimulateError) {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode)
        guard descriptor >= 0 else {
            throw errno == EEXIST ? .keysExist(path: path) : .file(path: path, reason: String(cString: strerror(errno)))
        }
        defer { close(descriptor) }
        let bytes = Array(text.utf8)
        guard Glibc.write(descriptor, bytes, bytes.count) == bytes.count else {
            let reason = String(cString: strerror(errno))
            unlink(path)
            throw .file(path: path, reason: reason)
        }
    }
}

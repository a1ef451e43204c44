import Marketplace
import Sealing
import Webhooks

extension AuthoritySource {
    /// Reads the certificates. Whoever could change them could read every event: they are guarded as other trust anchors.
    func read(for addonKey: AddonKey) throws(StartupError) -> Authorities {
        switch self {
        case .system: return .system
        case .file(let path): return try Self.authorities(in: path, named: "forward.\(addonKey).ca")
        case .environment(let file, let directories):
            var files: [Authorities] = []
            if let file { files.append(try Self.authorities(in: file, named: "SSL_CERT_FILE")) }
            for directory in directories {
                for path in try Self.files(in: directory) {
                    files.append(try Self.authorities(in: path, named: "SSL_CERT_DIR"))
                }
            }
            return Authorities(joining: files)
        }
    }

    private static func files(in directory: String) throws(StartupError) -> [String] {
        let setting = "SSL_CERT_DIR"
        let names = try named(setting) { () throws(StartupError) in
            do throws(KeyFileError) { try TrustedFile.check(directory) } catch { throw .keyFile(error) }
            return try Files.list(directory)
        }
        let paths = names.filter(isHashed).map { "\(directory)/\($0)" }
        guard !paths.isEmpty else {
            throw .authorities(
                setting: setting, file: directory,
                problem: "no certificate in it has a name that openssl rehash gives")
        }
        return paths
    }

    /// Whether a name is eight hex digits of a hash and a number, `4042bcee.0`. Lists of revoked certificates have `r0`.
    private static func isHashed(_ name: String) -> Bool {
        let parts = name.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        guard parts.count == 2, parts[0].count == 8, !parts[1].isEmpty else { return false }
        let (digits, letters) = (UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "f"))
        return parts[0].allSatisfy { digits.contains($0) || letters.contains($0) }
            && parts[1].allSatisfy(digits.contains)
    }

    private static func authorities(in path: String, named setting: String) throws(StartupError) -> Authorities {
        let bytes = try named(setting) { () throws(StartupError) in try Files.read(path, isTrusted: true) }
        guard let authorities = Authorities(pem: bytes) else {
            throw .authorities(
                setting: setting, file: path,
                problem: "holds no certificates, or a damaged one; they begin with -----BEGIN CERTIFICATE-----")
        }
        return authorities
    }

    /// A file that cannot be read is named with the setting that names it.
    private static func named<Value>(
        _ setting: String, _ body: () throws(StartupError) -> Value
    ) throws(StartupError) -> Value {
        do throws(StartupError) {
            return try body()
        } catch {
            guard case .file(let path, let problem) = error else { throw error }
            throw .authorities(setting: setting, file: path, problem: problem)
        }
    }
}

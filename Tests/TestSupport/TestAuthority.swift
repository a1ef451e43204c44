import Foundation
import Testing

/// An authority that nobody but a test trusts, made with openssl.
package struct TestAuthority: Sendable {
    private let directory: TemporaryDirectory
    /// Its own certificate, which it signed itself.
    package var file: String { directory.path + "/authority.pem" }
    /// Its private key.
    package var keyFile: String { directory.path + "/authority.key" }

    /// A new one.
    package init() throws {
        directory = try TemporaryDirectory()
        try Self.openssl(
            ["req", "-x509", "-days", "1", "-subj", "/CN=test authority"] + Self.newKey(keyFile) + ["-out", file])
    }

    /// A folder with a certificate for an address, `cert.pem`, and its key, `key.pem`. Valid for so many days, which may
    /// be over.
    package func issue(for address: String, days: Int = 1) throws -> String {
        let folder = directory.path + "/" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: false)
        let request = folder + "/request.pem"
        try Self.openssl(
            ["req", "-subj", "/CN=test", "-addext", "subjectAltName=IP:\(address)"]
                + Self.newKey(folder + "/key.pem") + ["-out", request])
        try Self.openssl([
            "x509", "-req", "-in", request, "-CA", file, "-CAkey", keyFile, "-set_serial", "1", "-days", String(days),
            "-copy_extensions", "copy", "-out", folder + "/cert.pem",
        ])
        return folder
    }

    /// The name under which `openssl rehash` would put it into a directory of authorities.
    package func hashedName() throws -> String {
        try Self.openssl(["x509", "-in", file, "-noout", "-hash"]) + ".0"
    }

    private static func newKey(_ file: String) -> [String] {
        ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", file]
    }

    @discardableResult
    private static func openssl(_ arguments: [String]) throws -> String {
        let (process, output) = (Process(), Pipe())
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = ["openssl"] + arguments
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        try process.run()
        let text = String(decoding: try output.fileHandleForReading.readToEnd() ?? Data(), as: UTF8.self)
        process.waitUntilExit()
        try #require(process.terminationStatus == 0)
        return text.trimmingCharacters(in: .whitespacesAndNewlines)
    }
}

import Foundation
import NIOSSL
import TestSupport
import Testing

/// A certificate that nobody but a test trusts, made with openssl.
struct TestCertificate: Sendable {
    private let directory: TemporaryDirectory
    private var keyFile: String { directory.path + "/key.pem" }
    /// The certificate, which signed itself.
    private var file: String { directory.path + "/certificate.pem" }

    /// A certificate for an address.
    init(for address: String) throws {
        directory = try TemporaryDirectory()
        let openssl = Process()
        openssl.executableURL = URL(filePath: "/usr/bin/env")
        openssl.arguments = [
            "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days",
            "1", "-subj", "/CN=test", "-addext", "subjectAltName=IP:\(address)", "-keyout", keyFile, "-out", file,
        ]
        openssl.standardError = FileHandle.nullDevice
        try openssl.run()
        openssl.waitUntilExit()
        try #require(openssl.terminationStatus == 0)
    }

    /// Trust in this certificate and no other.
    func trust() throws -> NIOSSLTrustRoots { .certificates(try NIOSSLCertificate.fromPEMFile(file)) }

    /// What a server with this certificate needs.
    func serverContext() throws -> NIOSSLContext {
        try NIOSSLContext(
            configuration: .makeServerConfiguration(
                certificateChain: try NIOSSLCertificate.fromPEMFile(file).map { .certificate($0) },
                privateKey: .privateKey(try NIOSSLPrivateKey(file: keyFile, format: .pem))))
    }
}

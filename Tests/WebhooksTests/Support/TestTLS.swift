import Foundation
import NIOSSL
import TestSupport
import Webhooks

/// How a receiver speaks TLS.
struct TestTLS: Sendable {
    /// With a certificate of the authority for an address, valid for so many days; and with what a test wants different.
    init(
        _ authority: TestAuthority, for address: String = "127.0.0.1", days: Int = 1,
        _ change: (inout TLSConfiguration) -> Void = { _ in }
    ) throws {
        let folder = try authority.issue(for: address, days: days)
        var configuration = TLSConfiguration.makeServerConfiguration(
            certificateChain: try NIOSSLCertificate.fromPEMFile(folder + "/cert.pem").map { .certificate($0) },
            privateKey: .privateKey(try NIOSSLPrivateKey(file: folder + "/key.pem", format: .pem)))
        change(&configuration)
        context = try NIOSSLContext(configuration: configuration)
    }

    /// What its connections need.
    let context: NIOSSLContext
}

extension TestAuthority {
    /// Trust in it and nobody else.
    var trusted: Authorities? {
        get throws { Authorities(pem: [UInt8](try Data(contentsOf: URL(filePath: file)))) }
    }
}

package import Installations
import NIOSSL

/// Whose word for a target's certificate counts.
package struct Authorities: Hashable, Sendable {
    /// Whoever the system trusts.
    package static let system = Authorities(certificates: nil)

    /// These, and nobody else; nil for the system's.
    private let certificates: [NIOSSLCertificate]?

    private init(certificates: [NIOSSLCertificate]?) {
        self.certificates = certificates
    }

    /// Those of a PEM file, and nobody else; nil when one of its certificates is damaged, or there is none.
    package init?(pem bytes: [UInt8]) {
        // A byte order mark would hide the first block.
        let text = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? Array(bytes.dropFirst(3)) : bytes
        do {
            certificates = try NIOSSLCertificate.fromPEMBytes(text)
        } catch {
            return nil
        }
    }

    /// Those of several files.
    package init(joining files: [Authorities]) {
        certificates = files.flatMap { $0.certificates ?? [] }
    }

    /// Whether all of these were valid once; nobody looks at the system's.
    package func haveExpired(at now: Timestamp) -> Bool {
        certificates?.allSatisfy { $0.notValidAfter < now.seconds } ?? false
    }

    /// Those that bear the name of the one who is said to have signed `certificate`; none of the system's.
    func named(asIssuerOf certificate: NIOSSLCertificate) -> [NIOSSLCertificate] {
        certificates?.filter { $0.subjectName == certificate.issuerName } ?? []
    }

    /// The same for the TLS library.
    var roots: NIOSSLTrustRoots {
        certificates.map(NIOSSLTrustRoots.certificates) ?? .default
    }
}

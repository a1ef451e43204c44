import AsyncHTTPClient
import NIOSSL

/// Why TLS with a target failed: a closed vocabulary, safe to store, print and log. What a peer says, in a certificate or
/// in an alert, is read as one of these and never copied.
package enum TLSFailure: Hashable, Sendable, CaseIterable {
    /// The certificate leads to nobody who is trusted.
    case unknownAuthority
    /// The certificate was valid once.
    case expired
    /// A certificate between it and the authority, or the authority's own, was valid once.
    case chainExpired
    /// The certificate will be valid.
    case notYetValid
    /// The certificate names other hosts.
    case otherHost
    /// The certificate is not trusted, and nobody could look why.
    case untrusted
    /// The target wants to know who we are.
    case wantsCertificate
    /// There is no version or cipher that both sides take.
    case nothingInCommon
    /// What came back is not TLS.
    case notTLS
    /// The target said no.
    case refused
    /// The target closed the connection.
    case hungUp
    /// The target did not go on.
    case silent
    /// Anything else.
    case other

    /// What `DeliveryFailure.text` says.
    var text: String {
        switch self {
        case .unknownAuthority: "TLS failed: its certificate is from no trusted authority"
        case .expired: "TLS failed: its certificate has expired"
        case .chainExpired: "TLS failed: a certificate that its own rests on has expired"
        case .notYetValid: "TLS failed: its certificate is not valid yet"
        case .otherHost: "TLS failed: its certificate is for another host"
        case .untrusted: "TLS failed: its certificate is not trusted"
        case .wantsCertificate: "TLS failed: it wants a certificate of its clients"
        case .nothingInCommon: "TLS failed: no version or cipher in common"
        case .notTLS: "TLS failed: it does not speak TLS"
        case .refused: "TLS failed: it refused the handshake"
        case .hungUp: "TLS failed: it hung up in the handshake"
        case .silent: "TLS failed: the handshake did not end in time"
        case .other: "TLS failed"
        }
    }
}

extension TLSFailure {
    /// What an error of the HTTP client says of TLS; nil when it says nothing of it.
    init?(_ error: any Error) {
        switch error {
        case let error as HTTPClientError where error == .tlsHandshakeTimeout: self = .silent
        // The connection ended without the word that TLS has for it.
        case NIOSSLError.uncleanShutdown: return nil
        case NIOSSLError.handshakeFailed(let error), let error as BoringSSLError: self.init(error)
        case let error as NIOSSLExtraError
        where error == .failedToValidateHostname || error == .serverHostnameImpossibleToMatch:
            self = .otherHost
        case is NIOSSLError, is NIOSSLExtraError: self = .other
        default: return nil
        }
    }

    private init?(_ error: BoringSSLError) {
        switch error {
        case .zeroReturn, .syscallError: return nil
        case .sslError(let stack) where stack.contains(.eofDuringHandshake): self = .hungUp
        case .sslError(let stack): self = stack.lazy.compactMap(Self.kind).first ?? .other
        default: self = .other
        }
    }

    /// The library gives its errors out as text only. What it begins with is the number that `SSL_R_…` of BoringSSL's
    /// `ssl.h` are part of; alerts of the peer are 1000 and their own number of RFC 8446, section 6.
    private static func kind(_ error: BoringSSLInternalError) -> TLSFailure? {
        let number = error.description.dropFirst("Error: ".utf8.count).prefix { $0 != " " }
        let sslLibrary: UInt32 = 16
        guard let code = UInt32(number), code >> 24 == sslLibrary else { return nil }
        switch code & 0xFFF {
        case 125: return .untrusted  // CERTIFICATE_VERIFY_FAILED
        case 155, 156, 247: return .notTLS  // HTTPS_PROXY_REQUEST, HTTP_REQUEST, WRONG_VERSION_NUMBER
        case 184, 240, 266: return .nothingInCommon  // NO_SHARED_CIPHER, UNSUPPORTED_PROTOCOL, NO_SHARED_GROUP
        case 1070, 1071: return .nothingInCommon  // protocol_version, insufficient_security
        case 1116: return .wantsCertificate  // certificate_required
        case 1000...: return .refused
        default: return nil
        }
    }
}

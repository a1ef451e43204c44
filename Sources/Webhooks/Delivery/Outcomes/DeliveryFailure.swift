/// Why a delivery did not succeed: a closed vocabulary, safe to store, print and log.
///
/// What a target answers in its body is not among it: it may repeat the event, which is the tenant's, or a secret.
package enum DeliveryFailure: Hashable, Sendable {
    /// The target answered with this status.
    case status(Int)
    /// No connection could be made: refused, unreachable, or the name does not resolve.
    case cannotConnect
    /// The connection was made, and TLS on it was not.
    case tls(TLSFailure)
    /// The target did not answer in time.
    case timeout
    /// The connection ended before the answer.
    case connectionLost
    /// A worker gave the event back.
    case givenBack
    /// A worker did not acknowledge the event while its lease lasted.
    case leaseExpired
    /// Nobody took the event for as long as events are kept.
    case expired
    /// It held settings of an installation that ended too long ago for them to be kept.
    case settingsErased
    /// The body does not open with the installation's key.
    case damaged

    /// The form in the store and in the operator API.
    package var text: String {
        switch self {
        case .status(let status): "HTTP \(status)"
        case .cannotConnect: "cannot connect"
        case .tls(let failure): failure.text
        case .timeout: "no answer in time"
        case .connectionLost: "connection lost"
        case .givenBack: "given back by a worker"
        case .leaseExpired: "lease expired"
        case .expired: "nobody took it"
        case .settingsErased: "its installation has ended, and its settings are erased"
        case .damaged: "its body does not open; run: innkeeper doctor"
        }
    }
}

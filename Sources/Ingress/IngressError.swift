import Glibc

/// Why the public listener cannot listen. Each text names the address and the fix.
package enum IngressError: Error, Hashable, Sendable, CustomStringConvertible {
    /// Another process listens there.
    case addressInUse(String)
    /// No interface of this machine has the address.
    case addressNotAvailable(String)
    /// This user may not listen there.
    case notPermitted(String)
    /// The host name does not resolve.
    case unknownHost(String)
    /// The system refuses for another reason.
    case cannotBind(String, errno: Int32)
    /// The listening socket closed without being asked to.
    case listenerClosed

    package var description: String {
        switch self {
        case .addressInUse(let address):
            return "cannot listen on \(address): address in use; choose another with --ingress-bind"
        case .addressNotAvailable(let address):
            return "cannot listen on \(address): this machine has no such address; choose another with --ingress-bind"
        case .notPermitted(let address):
            return "cannot listen on \(address): not permitted; choose a port above 1023 with --ingress-bind"
        case .unknownHost(let address):
            return "cannot listen on \(address): the host name is unknown; give an address with --ingress-bind"
        case .cannotBind(let address, let errno):
            return "cannot listen on \(address): system error \(errno); choose another with --ingress-bind"
        case .listenerClosed:
            return "the public listener closed unexpectedly; start the server again"
        }
    }

    /// Names a failed `bind` of `address`.
    static func bind(_ address: String, errno: Int32) -> IngressError {
        switch errno {
        case EADDRINUSE: return .addressInUse(address)
        case EADDRNOTAVAIL: return .addressNotAvailable(address)
        case EACCES, EPERM: return .notPermitted(address)
        default: return .cannotBind(address, errno: errno)
        }
    }
}

/// Where a listener listens: `host:port`. Port 0 takes a free one.
struct ListenAddress: Hashable, Sendable, CustomStringConvertible {
    /// An IP address without brackets, or a host name.
    let host: String
    /// 0 to 65535.
    let port: Int

    /// An address whose parts are known to be right.
    private init(trusted host: String, port: Int) {
        self.host = host
        self.port = port
    }

    /// This machine only.
    static func loopback(port: Int) -> ListenAddress { ListenAddress(trusted: "127.0.0.1", port: port) }

    /// Reads `127.0.0.1:8080`, `[::1]:0` or `localhost:8080`; nil for anything else. There is no default host: what is
    /// reachable from where must be said.
    init?(_ text: String) {
        guard let found = HostAndPort(text), let port = found.port else { return nil }
        self.init(trusted: found.host, port: port)
    }

    var description: String { authority(port: port) }

    /// The address in a URL, with the port that was really taken.
    func authority(port: Int) -> String {
        host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
    }
}

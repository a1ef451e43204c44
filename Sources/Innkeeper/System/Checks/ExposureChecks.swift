import Installations
import Marketplace

/// The checks of `doctor` that look at what others can reach or read on the way. `serve` logs what they find.
enum ExposureChecks {
    /// Whether only this machine reaches the operator listener, which has no TLS and gives out tokens.
    static func operatorListener(_ bind: ListenAddress) -> Finding {
        guard !HostAndPort.isLoopback(bind.host) else {
            return Finding("operator listener", .ok, "only this machine reaches it")
        }
        return Finding(
            "operator listener", .warn, "operator.bind is \(bind): API keys and tokens pass there without TLS",
            fix: "set operator.bind to 127.0.0.1 and reach it through a tunnel or a proxy with TLS")
    }

    /// What is wrong with the way to a target; nil when the bodies of events do not leave the machine in the clear. The path
    /// and the query of its URL may hold a secret.
    static func forward(_ addon: AddonKey, to url: String) -> Finding? {
        guard let origin = HTTPURL(url)?.origin, origin.hasPrefix("http://"),
            let place = HostAndPort(origin.dropFirst("http://".count)), !HostAndPort.isLoopback(place.host)
        else { return nil }
        return Finding(
            "forward \(addon)", .warn, "\(origin) is another machine: events go there without TLS",
            fix: "set forward.\(addon).url to an https:// address, then restart")
    }

    /// All that is not well, for the log of a start.
    static func warnings(_ settings: Settings) -> [Finding] {
        let forwards = settings.forwards.sorted { $0.key.text < $1.key.text }
        let findings = [HostChecks.memory(), HostChecks.swap(), operatorListener(settings.operatorBind)]
        return findings.filter { $0.status != .ok } + forwards.compactMap { forward($0.key, to: $0.value.url) }
    }
}

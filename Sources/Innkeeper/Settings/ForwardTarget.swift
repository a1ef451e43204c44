/// Where one add-on's events are delivered: `forward.<add-on key>` in `innkeeper.json`.
struct ForwardTarget: Hashable, Sendable {
    /// An `http` or `https` URL.
    let url: String
    /// The file with the Standard Webhooks signing secret.
    let secretFile: String
    /// Who its certificate may be from.
    var authorities = AuthoritySource.system

    /// Where it is, without what a secret could be part of: no user, no path, no query.
    var address: String { HTTPURL(url)?.origin ?? "" }

    /// With the names of files made absolute, and with the authorities that are trusted where none are named.
    func resolved(in directory: String, otherwise authorities: AuthoritySource) -> ForwardTarget {
        var target = ForwardTarget(url: url, secretFile: Paths.absolute(secretFile, from: directory))
        switch self.authorities {
        case .file(let name): target.authorities = .file(Paths.absolute(name, from: directory))
        // Without TLS nobody's certificate is looked at, and files that nobody needs stop no start.
        default: target.authorities = url.hasPrefix("https://") ? authorities : .system
        }
        return target
    }
}

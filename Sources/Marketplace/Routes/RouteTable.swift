/// Which request target belongs to which add-on: everything the manifests of one deployment claim.
package struct RouteTable: Sendable {
    /// What a request target leads to.
    package enum Route: Hashable, Sendable {
        /// `POST`: a lifecycle call of this type.
        case lifecycle(addon: AddonKey, type: LifecycleType)
        /// `POST`: a webhook. `path` is the manifest's, without the base path; `events` are those declared for it.
        case webhook(addon: AddonKey, path: RoutePath, events: Set<EventType>)
        /// `GET`: the manifest with this index in `manifests`.
        case manifest(index: Int)
    }

    /// The manifests the table was made from, in order.
    package let manifests: [Manifest]

    /// By normalised path.
    private let routes: [String: Route]

    /// A table of all routes; throws when two claims cannot both be served.
    package init(_ manifests: [Manifest]) throws(RouteConflict) {
        var builder = RouteTableBuilder(manifests)
        for manifest in manifests { try builder.add(manifest) }
        self.manifests = manifests
        routes = builder.routes
    }

    /// The route of a request target: a path with or without query, or an absolute URL. Nil when nobody claims it.
    package func route(_ target: String) -> Route? {
        // Nearly every request is in normal form already.
        if let route = routes[target] { return route }
        guard let path = RoutePath.normalise(target), path.text != target else { return nil }
        return routes[path.text]
    }
}

/// Why the manifests of one deployment cannot be served together.
package enum RouteConflict: Error, Hashable, Sendable, CustomStringConvertible {
    /// Two manifests have the same key.
    case sameKey(AddonKey)
    /// Two add-ons claim the same path.
    case samePath(RoutePath, AddonKey, AddonKey)
    /// An add-on claims a path that the server itself answers.
    case reserved(RoutePath, AddonKey)

    package var description: String {
        switch self {
        case .sameKey(let key):
            "two manifests have the key \"\(key)\"; remove one"
        case .samePath(let path, let first, let second):
            "add-ons \"\(first)\" and \"\(second)\" both claim the path \(path); change it in one manifest"
        case .reserved(let path, let key):
            "add-on \"\(key)\" claims the path \(path), which the server itself answers; change it in the manifest"
        }
    }
}

package import Marketplace

/// A public path that takes webhooks, as one add-on's manifest declares it.
package struct WebhookRoute: Sendable {
    /// The add-on whose tokens count here.
    package let addonKey: AddonKey
    /// The manifest's path, without the base path: what tokens are stored under.
    package let path: RoutePath
    /// The events declared for the path.
    package let events: Set<EventType>

    /// A route from a manifest.
    package init(addonKey: AddonKey, path: RoutePath, events: Set<EventType>) {
        self.addonKey = addonKey
        self.path = path
        self.events = events
    }
}

package import Installations
package import Marketplace

/// Names one place to which the events of an add-on are pushed.
package struct TargetID: Hashable, Comparable, Sendable {
    /// The name of the place that `forward.<add-on key>.url` names.
    package static let defaultName = "default"

    /// The add-on.
    package let addonKey: AddonKey
    /// Its name among those of the add-on.
    package let name: String

    /// Names a place.
    package init(addonKey: AddonKey, name: String = Self.defaultName) {
        self.addonKey = addonKey
        self.name = name
    }

    /// As the audit log names it. The name comes last: a key may hold a slash.
    package var text: String { "\(addonKey.text)/\(name)" }

    package static func < (one: TargetID, other: TargetID) -> Bool {
        (one.addonKey.text, one.name) < (other.addonKey.text, other.name)
    }
}

/// An operator's word that nothing is pushed to a target.
package struct TargetPause: Hashable, Sendable {
    /// Where to.
    package let target: TargetID
    /// Since when.
    package let since: Timestamp

    /// A pause as a store keeps it.
    package init(target: TargetID, since: Timestamp) {
        self.target = target
        self.since = since
    }
}

/// What persistence must promise for targets. Pauses lie in the store, so that a restart ends none and every process that shares it
/// keeps them.
package protocol TargetStore: Sendable {
    /// The pauses as this process knows them, which every delivery asks.
    var pauses: TargetPauses { get }

    /// All pauses, as the store has them.
    func storedPauses() async throws(StoreError) -> [TargetPause]

    /// Lets `pauses` be what the store has: before the first delivery, and when another process has decided.
    func loadPauses() async throws(StoreError)

    /// Nothing is pushed to a target from now on; what is under way ends. False where that is so already. Audited in the same
    /// transaction.
    func pause(_ target: TargetID, actor: Actor, at: Timestamp) async throws(StoreError) -> Bool

    /// Its events are pushed again. False where they were all the time. Audited in the same transaction.
    func resume(_ target: TargetID, actor: Actor, at: Timestamp) async throws(StoreError) -> Bool
}

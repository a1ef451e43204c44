package import Installations
package import Sealing

/// Writes of sealed values that are one conditional call, without anything to be loaded before.
package protocol SealedWrites {
    /// Swaps the wrapped keys of installations whose rows nobody changed since they were read, in this order.
    ///
    /// - Parameter goesOn: Asked before each with how many were tried: false ends the call early.
    /// - Returns: How many were tried, and how many of those swapped.
    func swap(_ swaps: ArraySlice<KeySwap>, while goesOn: (Int) -> Bool) throws -> (tried: Int, swapped: Int)

    /// Replaces bodies that are still there, unless the installation has another key than the one they are sealed under.
    /// Returns whether it had not.
    func swapBodies(_ swap: BodySwap) throws -> Bool
}

/// A row's new key, and what the row must still be for it to count.
package struct KeySwap: Sendable {
    /// What was read.
    package let row: StoredInstallationKey
    /// The storage key that the new value is wrapped under.
    package let primary: StorageKeyID
    /// The new value.
    package let wrapped: SealedValue
    /// What goes with it when the installation key itself is a fresh one; nil when it is the same, wrapped anew.
    package let renewal: Renewal?

    /// A swap.
    package init(row: StoredInstallationKey, primary: StorageKeyID, wrapped: SealedValue, renewal: Renewal? = nil) {
        self.row = row
        self.primary = primary
        self.wrapped = wrapped
        self.renewal = renewal
    }
}

/// An installation under a fresh key. The one before it is kept while any event is under it.
package struct Renewal: Sendable {
    /// The fresh key.
    package let fresh: InstallationKeyID
    /// The key before it.
    package let outgoingID: InstallationKeyID
    /// That key, wrapped.
    package let outgoing: SealedValue
    /// All that is sealed anew.
    package let values: SealedValues

    /// What goes with a fresh key.
    package init(
        fresh: InstallationKeyID, outgoingID: InstallationKeyID, outgoing: SealedValue, values: SealedValues
    ) {
        self.fresh = fresh
        self.outgoingID = outgoingID
        self.outgoing = outgoing
        self.values = values
    }
}

/// Bodies of one installation that are sealed anew.
package struct BodySwap: Sendable {
    /// The row of the installation.
    package let number: InstallationNumber
    /// The wrapped key that must still be the one in force.
    package let current: [UInt8]
    /// The bodies.
    package let bodies: [(event: EventID, sealed: SealedValue)]
    /// The last event that was looked at; nil when all were, and the key that was replaced goes.
    package let through: EventID?

    /// Bodies under this key.
    package init(
        number: InstallationNumber, current: [UInt8], bodies: [(event: EventID, sealed: SealedValue)], through: EventID?
    ) {
        self.number = number
        self.current = current
        self.bodies = bodies
        self.through = through
    }
}

package import Installations
package import Sealing

/// Reads of what is sealed under storage keys and installation keys, in the order of the installations' numbers.
package protocol SealedReads {
    /// The row of the deployment.
    func deployment() throws -> StoredDeployment

    /// Installation keys that rows say to be wrapped under a storage key, at most `limit` within `range`.
    func wrappedKeys(under key: StorageKeyID, in range: NumberRange, limit: Int) throws -> StoredInstallationKeys

    /// What is sealed for these installations, in their order: of each all secrets and its first events that have a body, at most
    /// so many, with at most so many bytes but for the last.
    func sealedValues(of numbers: [InstallationNumber], events: Int, bytes: Int) throws -> [SealedValues]

    /// Visits the installations within `range` that have a key, at most `limit`.
    ///
    /// - Parameter visit: Gets each with a function that visits all that is sealed under its key, for as long as it is visited.
    func sealedInstallations(
        in range: NumberRange, limit: Int,
        visit: (SealedInstallation, _ parts: ((SealedPart) throws -> Void) throws -> Void) throws -> Void
    ) throws

    /// The first installation within `range` that has a key which a re-encryption replaced, with the ids of its oldest events
    /// that have a body behind those that are sealed anew, at most `limit`; nil when there is none.
    func outgoingKey(in range: NumberRange, limit: Int) throws -> OutgoingKey?

    /// The bodies of these events, until they have `bytes` in all; without those that are gone.
    func bodies(of ids: [EventID], bytes: Int) throws -> (bodies: [StoredBody], isAll: Bool)

    /// How many sealed values are known not to open.
    func damagedValues() throws -> Int
}

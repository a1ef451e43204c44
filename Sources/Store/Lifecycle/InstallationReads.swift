package import Installations

/// Reads of installations.
package protocol InstallationReads {
    /// These installations with some of their parts, in their order; nil for one never heard of.
    func known(_ ids: [InstallationID], with parts: InstallationParts) throws -> [KnownInstallation?]

    /// A page of installations, newest first.
    func installations(matching filter: InstallationFilter, page: PageRequest) throws -> Page<StoredInstallation>

    /// These installations, without those never heard of.
    func installations(_ ids: [InstallationID]) throws -> [StoredInstallation]

    /// The largest number of an installation; 0 when there is none.
    func lastInstallationNumber() throws -> InstallationNumber
}

/// What is read of installations to be changed: it stands until the transaction ends.
package protocol InstallationLoads {
    /// Says which calls this transaction decides, before it asks about the first: whatever it must lock for any of them it locks
    /// then, in the order of all others, and not behind the lock of what it has written for an earlier one.
    func expect(_ questions: [LifecycleQuestion]) throws

    /// What decides about lifecycle calls, no two of which are of one add-on in one workspace; for each its facts, or why they
    /// cannot be read.
    func lifecycleFacts(for questions: [LifecycleQuestion]) throws -> [Result<LifecycleFacts, StoreError>]
}

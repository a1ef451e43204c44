package import Installations

/// An engine that several processes have open at the same moment, over one store.
package protocol SharedEngine: StoreEngine {
    /// Which process this is.
    var epoch: Epoch { get }

    /// Says that this process serves and how it stands, and hears of all others.
    ///
    /// - Parameter isElected: Whether it clears away who is gone, too.
    func beat(_ profile: InstanceProfile, isElected: Bool) async throws(StoreError) -> Beat

    /// This process serves no more: what it has claimed is free.
    func leave() async

    /// Tells all others of streams that they may deliver as well; none stands for more than can be named.
    func call(_ streams: [InstallationNumber]) async throws(StoreError)

    /// What others have told behind a number; the first time what comes from now on.
    func calls(after number: Int64?) async throws(StoreError) -> (calls: [StreamCall], last: Int64)

    /// Counts how much is kept, for all.
    func count() async throws(StoreError)

    /// The rate of one name over all processes: takes one; nil when there was one, else the milliseconds until the next.
    func spend(_ name: String, interval: Int64, burst: Int64) async throws(StoreError) -> Int64?

    /// Begins long work on storage keys that one process at a time does; returns who does it already, if anybody.
    func beginKeyWork(_ holder: KeyWorkHolder) async throws(StoreError) -> KeyWorkHolder?

    /// Looks whether it is still this process's to do, and begins it again where a lost connection has ended that; returns who does
    /// it now, if another.
    func keepKeyWork(_ holder: KeyWorkHolder) async throws(StoreError) -> KeyWorkHolder?

    /// Ends it.
    func endKeyWork() async
}

/// What an instance hears when it says that it lives.
package struct Beat: Sendable {
    /// All instances, this one too.
    package let instances: [Instance]

    /// What was read.
    package init(instances: [Instance]) { self.instances = instances }
}

/// Streams of which an instance told all others.
package struct StreamCall: Sendable {
    /// Who.
    package let epoch: Epoch
    /// Which; none for more than can be named.
    package let streams: [InstallationNumber]

    /// What was read.
    package init(epoch: Epoch, streams: [InstallationNumber]) {
        self.epoch = epoch
        self.streams = streams
    }
}

/// Reads of the processes that serve.
package protocol InstanceReads {
    /// All of them; none where one process has the store to itself.
    func instances() throws -> [Instance]
}

extension InstanceReads {
    package func instances() -> [Instance] { [] }
}

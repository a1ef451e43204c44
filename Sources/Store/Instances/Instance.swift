package import Installations
package import Sealing

/// Names the life of one process over a store that others share: never given out twice.
package struct Epoch: Hashable, Comparable, Sendable {
    /// Grows with each process that opens the store.
    package let value: Int64

    /// What was given out.
    package init(_ value: Int64) { self.value = value }

    package static func < (left: Epoch, right: Epoch) -> Bool { left.value < right.value }
}

/// What an instance, a process that serves, says of itself every two seconds.
package struct InstanceProfile: Hashable, Sendable {
    /// Where it runs, for operators.
    package let name: String
    /// Its program's version.
    package let version: String
    /// What all instances must have alike, by name: keyed digests, as texts.
    package let configuration: [String: String]
    /// When it began to serve.
    package let startedAt: Timestamp
    /// The storage keys that it could use at once.
    package var loadedKeys: Set<StorageKeyID>
    /// The storage keys whose files it has.
    package var keyFiles: Set<StorageKeyID>

    /// A profile.
    package init(
        name: String, version: String, configuration: [String: String], startedAt: Timestamp,
        loadedKeys: Set<StorageKeyID> = [], keyFiles: Set<StorageKeyID> = []
    ) {
        self.name = name
        self.version = version
        self.configuration = configuration
        self.startedAt = startedAt
        self.loadedKeys = loadedKeys
        self.keyFiles = keyFiles
    }
}

/// An instance as all others see it.
package struct Instance: Sendable {
    /// Which life of which process.
    package let epoch: Epoch
    /// What it says of itself.
    package let profile: InstanceProfile
    /// How long ago it was heard of, in milliseconds by the store's clock.
    package let silence: Int64
    /// How far its own clock is ahead of the store's, in milliseconds.
    package let clockAhead: Int64

    /// What was read.
    package init(epoch: Epoch, profile: InstanceProfile, silence: Int64, clockAhead: Int64) {
        self.epoch = epoch
        self.profile = profile
        self.silence = silence
        self.clockAhead = clockAhead
    }

    /// Whether it lives, as far as anybody knows.
    package var isLive: Bool { silence < InstanceLife.silence }
}

/// How long an instance counts for.
///
/// Whoever begins a delivery has been heard of within `silence`, so its claims last for more than the 15 seconds that one may take:
/// when they end and another takes its streams, nothing of its own is under way.
package enum InstanceLife {
    /// How often it says that it lives.
    package static let interval = Duration.seconds(2)
    /// How long it may be silent before it counts as dead and takes nothing any more, in milliseconds.
    package static let silence: Int64 = 8_000
    /// How long its claims last after it was heard of last, in milliseconds.
    package static let claims: Int64 = 24_000
}

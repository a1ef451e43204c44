package import Installations
package import Sealing

/// What must be known to decide about one lifecycle call.
package struct LifecycleQuestion: Sendable {
    /// The installation it names.
    package let id: InstallationID
    /// Whether the tokens that it was ever given decide.
    package let needsHandedOut: Bool
    /// Whether a row is made when there is none.
    package let mayCreate: Bool
    /// Whether a row that is made ends the others of its add-on in its workspace.
    package let endsOthers: Bool
    /// Whether a new installation key may be needed.
    package let mayMakeKey: Bool

    /// What `call` asks.
    init(_ call: LifecycleCall) {
        let (isInstalled, isDeleted): (Bool, Bool) =
            switch call.change {
            case .installed: (true, false)
            case .deleted: (false, true)
            case .statusChanged, .settingsUpdated: (false, false)
            }
        id = call.id
        // An operator, who ends it, has no token: a damaged set keeps nobody from that.
        needsHandedOut = call.token != nil || isInstalled
        mayCreate = isInstalled || isDeleted
        endsOthers = isInstalled
        mayMakeKey = isInstalled || isDeleted
    }
}

/// All that a store must know to decide about one lifecycle call, as it stands in the transaction that will write.
package struct LifecycleFacts: Sendable {
    /// The installation it names; nil for one never heard of.
    package let own: KnownInstallation?
    /// The other live installations of its add-on in its workspace. Read where one may be created.
    package let others: [KnownInstallation]
    /// The key that new installation keys are wrapped under; nil when there is none.
    package let primary: PrimaryKey?
    /// The number that the next row gets. Known before the row is written, because its audit record and its MAC name it.
    package let nextNumber: InstallationNumber

    /// What was read.
    package init(
        own: KnownInstallation?, others: [KnownInstallation], primary: PrimaryKey?, nextNumber: InstallationNumber
    ) {
        self.own = own
        self.others = others
        self.primary = primary
        self.nextNumber = nextNumber
    }

    /// The newest event in the stream of one of these installations, as `KnownInstallation.newestEvent`.
    func newestEvent(of stream: InstallationNumber) -> EventID? {
        if let own, own.standing.number == stream { return own.newestEvent }
        return others.first { $0.standing.number == stream }?.newestEvent
    }
}

/// An installation as a store knows it, not judged yet.
package struct KnownInstallation: Sendable {
    /// Its row.
    package let standing: Standing
    /// The number of the newest audit record that decides about the row; 0 when there is none.
    package let latest: RecordNumber
    /// The tokens it was ever given, where they were asked for.
    package let handedOut: HandedOutSet
    /// What lies sealed beside the row, as far as it was asked for.
    package let secrets: StoredSecrets
    /// Why an installation of an older store could not be brought up to date; nil when it was, or is none.
    package let unreadable: StoreError?
    /// The newest event of its stream, where it was asked for and other processes append to it too. What is told behind a decision
    /// about the installation gets a higher id.
    package var newestEvent: EventID?

    /// What was read.
    package init(
        standing: Standing, latest: RecordNumber, handedOut: HandedOutSet = HandedOutSet(),
        secrets: StoredSecrets = StoredSecrets(), unreadable: StoreError? = nil
    ) {
        self.standing = standing
        self.latest = latest
        self.handedOut = handedOut
        self.secrets = secrets
        self.unreadable = unreadable
    }
}

/// The row of the primary storage key, not judged yet.
package struct PrimaryKey: Sendable {
    /// Which key.
    package let id: StorageKeyID
    /// What vouches for its being the primary one.
    package let proof: AuthorityProof?
    /// The number of the newest audit record that decides about the row; 0 when there is none.
    package let latest: RecordNumber

    /// What was read.
    package init(id: StorageKeyID, proof: AuthorityProof?, latest: RecordNumber) {
        self.id = id
        self.proof = proof
        self.latest = latest
    }

    /// The key, if whoever holds the deployment's key made it the primary one.
    ///
    /// - Throws: `.forgedRow` otherwise: it may be a key that leaked.
    package func id(by authority: Authority) throws(StoreError) -> StorageKeyID {
        guard authority.isGenuine(.storageKey(id, state: .primary), proof, latest: latest) else {
            throw .forgedRow(.storageKey)
        }
        return id
    }
}

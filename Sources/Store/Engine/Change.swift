package import Installations
package import Sealing
package import Webhooks

/// One thing that is written. What it says is decided and sealed, and its row is known: an engine asks nothing.
package enum Change: Sendable {
    /// A row of authority that says something else, from the audit record of this entry on.
    case decide(Decision, by: AuditEntry)
    /// An audit record that decides nothing.
    case record(AuditEntry)

    // MARK: Beside the row of an installation

    /// Something beside the row was changed.
    case touch(InstallationNumber, at: Timestamp)
    /// A row that nothing vouches for says from now on that it was superseded; nothing vouches for that either.
    case endForged(InstallationNumber, at: Timestamp)
    /// Another installation key, in place of one that did not open.
    case replaceKey(InstallationNumber, WrappedInstallationKey)
    /// All tokens, and the settings unless they are kept, go. What the engine keeps beside the rows must forget them too.
    case eraseSecrets(InstallationNumber, keepingSettings: Bool)
    /// A sealed value beside the row.
    case putSecret(InstallationNumber, SecretName, SealedValue)
    /// The tokens of a set, in the order in which the platform listed them.
    case putWebhookTokens(InstallationNumber, [SealedWebhookToken])
    /// Digests of tokens that were not handed out before.
    case keepHandedOut(InstallationNumber, [Digest])
    /// An event for the add-on's own code, in the stream of the installation it is about.
    case append(LifecycleEvent)
    /// An installation has ended: the settings in its events go some days later.
    case noteEnd(InstallationNumber, at: Timestamp)

    // MARK: Others

    /// What became of an event, or of its stream.
    case event(EventChange)
    /// What is kept of the clock.
    case clock(ClockChange)
    /// These values do not open.
    case noteDamaged([DamagedValue], at: Timestamp)
    /// What was noted of values of these installations is out of date, as far as they were looked at.
    case forgetDamaged(VerifyDepth, in: NumberRange)
    /// The deployment key under another storage key, or for another form.
    case rewrapDeployment(SealedValue, under: StorageKeyID)
    /// A backup was made. The newest hundred are kept, and for each storage key the newest that needs it: the question before a
    /// key is destroyed must not lose its answer to a backup every minute.
    case keepBackup(Backup)
    /// An API key was used.
    case noteUse(of: String, from: String, at: Timestamp)
    /// A session begins.
    case beginSession(StoredSession)
    /// A session was used.
    case noteSession(String, at: Timestamp)
    /// Sessions are over.
    case endSessions([String])
    /// What happened over time.
    case history(HistoryChange)
    /// Nothing is pushed to a target.
    case pause(TargetPause)
    /// It is again.
    case resume(TargetID)

    /// Whether the audit log says anything of it.
    var isRecorded: Bool {
        switch self {
        case .decide, .record: return true
        default: return false
        }
    }
}

/// A row of authority that is to be written: what it says, and what describes it.
package enum Decision: Sendable {
    /// An installation.
    case installation(RowChange, of: Standing, at: Timestamp)
    /// A new API key, by the keyed hash of its secret.
    case newAPIKey(APIKey, hash: Digest)
    /// An API key that is revoked; its claim is what its row says with that.
    case revokedAPIKey(String, AuthorityClaim, at: Timestamp)
    /// A new storage key, whose file is durable.
    case newStorageKey(StorageKeyID, checkValue: [UInt8], at: Timestamp)
    /// A storage key with another state, and the dates that change with it.
    case storageKey(StorageKeyID, StorageKeyState, [StorageKeyDate])
    /// A rotation that begins, goes on as another, or ends.
    case rotation(RotationRecord)

    /// What the row says from then on.
    package var claim: AuthorityClaim {
        switch self {
        case .installation(_, let standing, _): return standing.claim
        case .newAPIKey(let key, let hash):
            return .apiKey(key.id, key.grant, hash: hash.bytes, isRevoked: false)
        case .revokedAPIKey(_, let claim, _): return claim
        case .newStorageKey(let id, _, _): return .storageKey(id, state: .prepared)
        case .storageKey(let id, let state, _): return .storageKey(id, state: state)
        case .rotation(let rotation): return rotation.claim
        }
    }
}

/// A date of a storage key that changes.
package enum StorageKeyDate: Sendable {
    /// When it became primary.
    case promoted(Timestamp)
    /// When it was retired; nil for one that is not.
    case retired(Timestamp?)
    /// When its material went.
    case destroyed(Timestamp)
}

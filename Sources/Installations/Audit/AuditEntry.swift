/// One line of the audit log before it has its place in the chain.
package struct AuditEntry: Sendable {
    /// When it happened.
    package let at: Timestamp
    /// Who did it.
    package let actor: String
    /// What was done, e.g. `installation.install`; a closed vocabulary, see `AuditAction`.
    package let action: String
    /// The installation it was done to; nil for keys, API keys and the like.
    package let installation: InstallationID?
    /// What it was done to when that is no installation, e.g. a storage key's id; empty otherwise.
    package let subject: String
    /// What came of it.
    package let outcome: String
    /// A reason given by a person; empty otherwise.
    package let detail: String
    /// The row of authority that says something else from this record on, as `AuthoritySubject.text`; empty when there is
    /// none.
    package let decides: String

    /// An entry about to be appended.
    package init(
        at: Timestamp, actor: String, action: String, installation: InstallationID? = nil, subject: String = "",
        outcome: String, detail: String = "", decides: AuthoritySubject? = nil
    ) {
        self.init(
            at: at, actor: Self.kept(actor), action: action, installation: installation, subject: Self.kept(subject),
            outcome: Self.kept(outcome), detail: Self.kept(detail), decides: decides?.text ?? "")
    }

    /// A text as every store can keep it: many end at U+0000, and a record that lost what stood behind it would break the chain.
    private static func kept(_ text: String) -> String {
        text.utf8.contains(0) ? text.replacing("\0", with: "\u{FFFD}") : text
    }

    /// An entry as a store keeps it.
    package init(
        at: Timestamp, actor: String, action: String, installation: InstallationID?, subject: String, outcome: String,
        detail: String, decides: String
    ) {
        self.at = at
        self.actor = actor
        self.action = action
        self.installation = installation
        self.subject = subject
        self.outcome = outcome
        self.detail = detail
        self.decides = decides
    }
}

/// The words of `AuditEntry.action`.
package enum AuditAction: String, CaseIterable, Sendable {
    case initialise = "deployment.init"
    case backUp = "deployment.backup"
    case restore = "deployment.restore"
    case bringUpToDate = "deployment.form"
    case install = "installation.install"
    case changeStatus = "installation.status"
    case updateSettings = "installation.settings"
    case delete = "installation.delete"
    case forget = "installation.forget"
    case supersede = "installation.supersede"
    case sumUpCalls = "installation.calls"
    case replaceInstallationKey = "installation.key"
    case readToken = "installation.token"
    case readEventBody = "event.body"
    case replayEvent = "event.replay"
    case leaseEvents = "event.lease"
    case refuseCall = "operator.call"
    case addStorageKey = "storage-key.add"
    case promoteStorageKey = "storage-key.promote"
    case retireStorageKey = "storage-key.retire"
    case enableStorageKey = "storage-key.enable"
    case destroyStorageKey = "storage-key.destroy"
    case rotateStorageKey = "storage-key.rotate"
    case rewrapStorageKeys = "storage-key.rewrap"
    case createAPIKey = "api-key.create"
    case revokeAPIKey = "api-key.revoke"
    case beginSession = "session.begin"
    case endSession = "session.end"
    case pauseTarget = "target.pause"
    case resumeTarget = "target.resume"
}

/// An entry at its place in the chain.
package struct AuditRecord: Sendable {
    /// 1 for the first entry, no gaps.
    package let number: RecordNumber
    /// What happened.
    package let entry: AuditEntry
    /// The chain's hash up to and including this entry.
    package let hash: [UInt8]

    /// A record as a store keeps it.
    package init(number: RecordNumber, entry: AuditEntry, hash: [UInt8]) {
        self.number = number
        self.entry = entry
        self.hash = hash
    }
}

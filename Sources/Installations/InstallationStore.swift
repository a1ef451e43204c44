package import Marketplace
package import Sealing

/// What persistence must promise for installations, over SQLite and PostgreSQL alike.
///
/// Returned means durable: a store answers only after its commit reached the disk.
package protocol InstallationStore: Sendable {
    /// Commits one lifecycle call in one transaction: decides with `Lifecycle`, supersedes, seals under the key that is
    /// primary in that very transaction, erases, audits, and appends the inbox event.
    ///
    /// First, in that transaction, it asks whether the call's token was ever handed out for the installation, ended or
    /// not. If so, nothing is changed or recorded, and the decision is `refuseStoredToken`. Where what the row decides is
    /// not authentic, the platform's calls fail.
    func perform(_ call: LifecycleCall) async throws(StoreError) -> LifecycleDecision

    /// Whether a token was ever handed out for an installation, by its digest.
    func wasHandedOut(_ token: Digest, for id: InstallationID) async throws(StoreError) -> Bool

    /// One installation; nil when there is none with this full key.
    func installation(_ id: InstallationID) async throws(StoreError) -> Installation?

    /// A page of installations, newest first.
    func installations(
        matching filter: InstallationFilter, page: PageRequest
    ) async throws(StoreError) -> Page<Installation>

    /// The sealed token set of a live installation, for authentication; nil when it is unknown or ended.
    func credentials(of id: InstallationID) async throws(StoreError) -> SealedCredentials?

    /// Takes one reading of a token from what somebody may have over all processes that share the store; nil when there was one,
    /// else the milliseconds until the next. A store that nobody shares allows all.
    ///
    /// - Parameters:
    ///   - interval: Milliseconds between two in the long run.
    ///   - burst: How many may come at once.
    func spendReading(by actor: Actor, interval: Int64, burst: Int64) async throws(StoreError) -> Int64?

    /// The installation token, opened, with the installation's standing at that moment; audited in the same
    /// transaction, so that no token leaves without a trace. Only an ACTIVE installation gives its token.
    func token(of id: InstallationID, reading: TokenReading) async throws(StoreError) -> TokenAnswer

    /// What keeps the store from committing, for `/readyz`; nil when a write would be committed.
    func condition() async -> StoreCondition?
}

/// What `installations` narrows a list by.
package struct InstallationFilter: Sendable {
    /// Only this add-on.
    package var addonKey: AddonKey?
    /// Only of these add-ons; nil for any.
    package var addons: Set<AddonKey>?
    /// Only this workspace.
    package var workspaceID: WorkspaceID?
    /// Which states.
    package var scope: States

    /// Which states a list shows.
    package enum States: Sendable {
        /// ACTIVE and INACTIVE.
        case live
        /// Every state, ended ones too.
        case all
        /// Exactly this state.
        case only(InstallationStatus)
    }

    /// A filter; by default every live installation.
    package init(
        addonKey: AddonKey? = nil, among addons: Set<AddonKey>? = nil, workspaceID: WorkspaceID? = nil,
        scope: States = .live
    ) {
        self.addonKey = addonKey
        self.addons = addons
        self.workspaceID = workspaceID
        self.scope = scope
    }
}

/// The secrets that authenticate webhooks of one live installation, still sealed.
package struct SealedCredentials: Sendable {
    /// Row number of the installation.
    package let number: InstallationNumber
    /// ACTIVE or INACTIVE.
    package let status: InstallationStatus
    /// Grows with every INSTALLED, so that an append can tell a replaced token set.
    package let tokenSet: TokenSet
    /// The installation key under its storage key.
    package let wrappedKey: SealedValue
    /// Sealed webhook tokens by path.
    package let webhookTokens: [(path: RoutePath, token: SealedValue)]

    /// A token set as it lies in a store.
    package init(
        number: InstallationNumber, status: InstallationStatus, tokenSet: TokenSet, wrappedKey: SealedValue,
        webhookTokens: [(path: RoutePath, token: SealedValue)]
    ) {
        self.number = number
        self.status = status
        self.tokenSet = tokenSet
        self.wrappedKey = wrappedKey
        self.webhookTokens = webhookTokens
    }
}

/// Who reads an installation token, and why.
package struct TokenReading: Sendable {
    /// Who asks.
    package let actor: Actor
    /// The operator's or the add-on's stated reason.
    package let reason: String
    /// When.
    package let at: Timestamp

    /// A reading to be audited.
    package init(actor: Actor, reason: StatedReason, at: Timestamp) {
        self.actor = actor
        self.reason = reason.text
        self.at = at
    }
}

/// What a token reading gives.
package enum TokenAnswer: Sendable {
    /// The token of an ACTIVE installation and its API base URL.
    case token(SecretBytes, apiURL: String)
    /// The installation is not ACTIVE.
    case notActive(InstallationStatus)
    /// No installation has this full key.
    case unknown
    /// What the row of this number decides is not authentic.
    case forged(InstallationNumber)
}

package import Marketplace
package import Sealing

/// The full key of one installation. Every query that touches a tenant's row names all three parts.
package struct InstallationID: Hashable, Sendable {
    /// The add-on: the manifest's `key`, a token's `sub`.
    package let addonKey: AddonKey
    /// The tenant.
    package let workspaceID: WorkspaceID
    /// The platform's id of this installation: `addonId` on the wire, new at every reinstall (protocol.md section 3.3).
    package let addonID: AddonID

    /// The installation of one add-on in one workspace.
    package init(addonKey: AddonKey, workspaceID: WorkspaceID, addonID: AddonID) {
        self.addonKey = addonKey
        self.workspaceID = workspaceID
        self.addonID = addonID
    }
}

/// The places of an installation where something sealed may lie.
package enum SealedPlace: Sendable {
    /// The installation key itself, wrapped under a storage key.
    case installationKey
    /// The platform API token of one token set.
    case installationToken(set: TokenSet)
    /// A webhook token of one manifest path, of one token set.
    case webhookToken(RoutePath, set: TokenSet)
    /// The settings JSON.
    case settings
    /// The body of one inbox event of this type.
    case event(EventID, type: String)
}

extension TokenClaims {
    /// The installation these claims are about.
    package var installationID: InstallationID {
        InstallationID(addonKey: addonKey, workspaceID: workspaceID, addonID: addonID)
    }
}

extension InstallationID {
    /// The context that binds a sealed value to its place, so that a value moved to another row, column or tenant
    /// does not open. Purpose and order of the parts are part of the stored format: never change them.
    ///
    /// Since version 2 a token's place names the token set, so that a token which was replaced does not open in the row of
    /// the new one, and an event's names its type.
    package func context(_ place: SealedPlace, version: SealedVersion = .two) -> SealingContext {
        let owner = [addonKey.text, workspaceID.text, addonID.text]
        func since2(_ part: @autoclosure () -> String) -> [String] { version >= .two ? [part()] : [] }
        switch place {
        case .installationKey: return SealingContext(purpose: "installation-key", place: owner)
        case .installationToken(let set):
            return SealingContext(purpose: "installation-token", place: owner + since2(set.description))
        case .webhookToken(let path, let set):
            return SealingContext(purpose: "webhook-token", place: owner + [path.text] + since2(set.description))
        case .settings: return SealingContext(purpose: "settings", place: owner)
        case .event(let id, let type):
            return SealingContext(purpose: "event", place: owner + [id.text] + since2(type))
        }
    }
}

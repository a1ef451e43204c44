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
    /// The platform API token.
    case installationToken
    /// A webhook token of one manifest path.
    case webhookToken(RoutePath)
    /// The settings JSON.
    case settings
    /// The body of one inbox event.
    case event(EventID)
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
    package func context(_ place: SealedPlace) -> SealingContext {
        let owner = [addonKey.text, workspaceID.text, addonID.text]
        switch place {
        case .installationKey: return SealingContext(purpose: "installation-key", place: owner)
        case .installationToken: return SealingContext(purpose: "installation-token", place: owner)
        case .webhookToken(let path): return SealingContext(purpose: "webhook-token", place: owner + [path.text])
        case .settings: return SealingContext(purpose: "settings", place: owner)
        case .event(let id): return SealingContext(purpose: "event", place: owner + [id.text])
        }
    }
}

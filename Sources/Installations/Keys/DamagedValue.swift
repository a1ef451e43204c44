import Marketplace

/// A sealed value that does not open, by its place; never its content.
package struct DamagedValue: Hashable, Sendable {
    /// What it is, or lies in.
    package let item: StoredItem
    /// Where in the row: a secret's name or a webhook path; empty when there is only one.
    package let place: String
    /// Whose it is; nil for the deployment's own.
    package let installation: InstallationID?
    /// Why it does not open.
    package let reason: Reason

    /// Why a sealed value does not open.
    package enum Reason: String, Sendable {
        /// Not a sealed value, or altered. A value moved within its installation fails the same check.
        case corrupt
        /// Sealed under another installation's key: it was moved here.
        case wrongPlace = "wrong place"
        /// It names a storage key that is not loaded, or not in force.
        case unknownKey = "unknown key"
        /// Not sealed but authenticated: what the row decides was changed, or put back, without the deployment's key.
        case forged
        /// A row that audit records decide about is not there.
        case removed
    }

    /// Its place in a few words.
    package var label: String {
        let owner = installation.map { " of \($0.addonKey.text)/\($0.workspaceID.text)/\($0.addonID.text)" } ?? ""
        let name = [item.number > 0 ? "\(item.number)" : "", place].filter { !$0.isEmpty }.joined(separator: " ")
        return "\(item.kind) \(name)\(owner)"
    }

    /// A finding.
    package init(_ item: StoredItem, place: String = "", installation: InstallationID?, reason: Reason) {
        self.item = item
        self.place = place
        self.installation = installation
        self.reason = reason
    }
}

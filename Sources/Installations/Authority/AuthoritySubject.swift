package import Sealing

/// A row that decides something: who may do what, who is installed where, which key may open. Who can write the store's
/// file and holds no key must not be able to change what it says, see `AuthoritySeal`.
package enum AuthoritySubject: Hashable, Sendable {
    /// How the store as a whole is read.
    case deployment
    /// An installation, by its row number.
    case installation(InstallationNumber)
    /// An API key, by its id.
    case apiKey(String)
    /// A storage key.
    case storageKey(StorageKeyID)
    /// A rotation, by its number.
    case rotation(Int64)

    /// The form in the audit log: part of what is hashed there, so never changed.
    package var text: String {
        switch self {
        case .deployment: return "deployment"
        case .installation(let number): return "installation:\(number)"
        case .apiKey(let id): return "api-key:\(id)"
        case .storageKey(let id): return "storage-key:\(id)"
        case .rotation(let number): return "rotation:\(number)"
        }
    }

    /// Reads what `text` gives; nil for anything else.
    package init?(text: String) {
        let parts = text.split(separator: ":", maxSplits: 1).map(String.init)
        switch (parts.first, parts.count > 1 ? parts[1] : "") {
        case ("deployment", ""): self = .deployment
        case ("installation", let rest):
            guard let number = Int64(rest) else { return nil }
            self = .installation(InstallationNumber(number))
        case ("api-key", let id): self = .apiKey(id)
        case ("storage-key", let rest):
            guard let id = StorageKeyID(rest) else { return nil }
            self = .storageKey(id)
        case ("rotation", let rest):
            guard let number = Int64(rest) else { return nil }
            self = .rotation(number)
        default: return nil
        }
    }
}

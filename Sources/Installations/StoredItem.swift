/// Something that lies in a store, as messages name it.
package enum StoredItem: Hashable, Sendable {
    /// The row of an installation, its wrapped key in it.
    case installation(InstallationNumber)
    /// Its installation token or its settings.
    case installationSecret(InstallationNumber)
    /// One of its webhook tokens.
    case webhookToken(InstallationNumber)
    /// The digests of all tokens it was ever given.
    case handedOutTokens(InstallationNumber)
    /// An event, its body in it.
    case event(EventID)
    /// A record of the audit log; 0 for the log as a whole.
    case audit(RecordNumber)
    /// A rotation.
    case rotation(Int64)
    /// A storage key's row.
    case storageKey
    /// An API key's row.
    case apiKey
    /// The row of the deployment, its key in it.
    case deployment

    /// What it is: the contract's word in `keys verify`, and where an operator looks for it.
    package var kind: String {
        switch self {
        case .installation: return "installation"
        case .installationSecret: return "installation_secret"
        case .webhookToken: return "webhook_token"
        case .handedOutTokens: return "handed_out_token"
        case .event: return "event"
        case .audit: return "audit"
        case .rotation: return "rotation"
        case .storageKey: return "storage_key"
        case .apiKey: return "api_key"
        case .deployment: return "deployment"
        }
    }

    /// Which of them; 0 for what goes by no number.
    package var number: Int64 {
        switch self {
        case .installation(let number), .installationSecret(let number), .webhookToken(let number),
            .handedOutTokens(let number):
            return number.value
        case .event(let id): return id.number
        case .audit(let number): return number.value
        case .rotation(let number): return number
        case .storageKey, .apiKey: return 0
        case .deployment: return 1
        }
    }
}

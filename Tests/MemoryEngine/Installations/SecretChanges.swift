import Installations
import Marketplace
import Sealing
import Store

/// What is written beside the rows of installations.
extension MemoryRows {
    mutating func eraseSecrets(of number: InstallationNumber, keepingSettings: Bool) {
        installations.update(number) { row in
            row.tokens = []
            row.secrets = row.secrets.filter { keepingSettings && $0.key == .settings }
        }
    }

    mutating func put(_ sealed: SealedValue, as name: SecretName, of number: InstallationNumber) throws(StoreError) {
        try beside(number) { $0.secrets[name] = sealed.bytes }
    }

    mutating func put(_ tokens: [SealedWebhookToken], of number: InstallationNumber) throws(StoreError) {
        try beside(number) { row throws(StoreError) in
            for (ordinal, token) in tokens.enumerated() {
                let token = StoredToken(path: token.path.text, ordinal: Int64(ordinal), sealed: token.sealed.bytes)
                guard !row.tokens.contains(where: { $0.path == token.path && $0.ordinal == token.ordinal }) else {
                    throw .refused("webhook_token.ordinal")
                }
                row.tokens.append(token)
            }
        }
    }

    mutating func keep(_ digests: [Digest], of number: InstallationNumber) throws(StoreError) {
        try beside(number) { row in
            for digest in digests where !digest.matchesAny(row.handedOut) { row.handedOut.append(digest) }
        }
    }

    mutating func noteEnd(of number: InstallationNumber, at: Timestamp) throws(StoreError) {
        try beside(number) { _ in }
        settingsToErase[number] = SettingsRow(endedAt: at)
    }

    /// Changes what belongs to a row, which must be there.
    private mutating func beside(
        _ number: InstallationNumber, _ change: (inout InstallationRow) throws(StoreError) -> Void
    ) throws(StoreError) {
        guard var row = installations[number] else { throw .refused("a row beside no installation") }
        try change(&row)
        installations[number] = row
    }
}

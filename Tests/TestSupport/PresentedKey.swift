package import Installations
package import Sealing

extension APIKeyStore {
    /// The key in force whose secret this is; nil for anything else.
    package func apiKey(
        presenting secret: SecretBytes, from source: String, at: Timestamp
    ) async throws -> APIKey? {
        guard case .valid(let key) = try await judge(presenting: secret, from: source, at: at) else { return nil }
        return key
    }
}

import CSodium

/// One random key per data directory, from which the keys for what belongs to no installation are derived.
///
/// Derivation is libsodium's `crypto_kdf_derive_from_key` (keyed BLAKE2b with the number as salt and the context as
/// personalisation), 32 bytes, context `innkeepr`, and a number for each subkey. The numbers are part of the stored
/// form: never change or reuse one. 3 was the key of a spool that was never written.
package struct DeploymentKey: Sendable {
    /// Its name, also in every value sealed under a key derived from it.
    package let id: DeploymentKeyID
    let material: KeyMaterial

    /// Chains the audit log (subkey 1).
    package let auditKey: MACKey
    /// Hashes API keys (subkey 2).
    package let apiKeyHashKey: MACKey
    /// Vouches for backups (subkey 4).
    package let backupKey: MACKey
    /// Vouches for rows that decide something (subkey 5).
    package let authorityKey: MACKey
    /// Knows tokens again that were handed out (subkey 6).
    package let handedOutKey: MACKey
    /// Compares what processes that share a store are configured with (subkey 7).
    package let configurationKey: MACKey
    /// Vouches for sessions at the console (subkey 8).
    package let sessionKey: MACKey

    init(id: DeploymentKeyID, material: KeyMaterial) {
        self.id = id
        self.material = material
        auditKey = MACKey(material: material.derive(1))
        apiKeyHashKey = MACKey(material: material.derive(2))
        backupKey = MACKey(material: material.derive(4))
        authorityKey = MACKey(material: material.derive(5))
        handedOutKey = MACKey(material: material.derive(6))
        configurationKey = MACKey(material: material.derive(7))
        sessionKey = MACKey(material: material.derive(8))
    }

    /// A new key with a new id.
    package static func random() -> DeploymentKey {
        DeploymentKey(id: .random(), material: .random())
    }
}

extension KeyMaterial {
    /// The subkey with this number. Knowing it tells nothing about the key or another subkey.
    fileprivate func derive(_ number: UInt64) -> KeyMaterial {
        unsafe KeyMaterial { subkey in
            let status = unsafe expose("deriving a subkey") { key in
                unsafe crypto_kdf_derive_from_key(
                    subkey.cBytes, subkey.count,
                    number,
                    // Exactly 8 characters; libsodium reads neither more nor fewer.
                    "innkeepr",
                    key.cBytes
                )
            }
            precondition(status == 0, "libsodium did not derive a key")
        }
    }
}

import CSodium

/// The upper tier: an operator-held key that wraps other keys and seals nothing else.
///
/// Rotation therefore rewrites one small value per installation and no data.
package struct StorageKey: Sendable {
    /// Its name, also in every value it wraps.
    package let id: StorageKeyID
    let material: KeyMaterial

    init(id: StorageKeyID, material: KeyMaterial) {
        self.id = id
        self.material = material
    }

    /// A new key with a new id. It must be durable in a `KeyDirectory` before its first use.
    package static func random() -> StorageKey {
        StorageKey(id: .random(), material: .random())
    }

    /// 16 bytes that a store keeps to tell the right key file from a wrong one with the same name.
    ///
    /// Keyed BLAKE2b with 16 bytes of output over the ASCII text `innkeeper storage key check 1` and the 8 bytes of the
    /// id. It reveals nothing of the key: finding the key from it means searching 256 bits.
    package var checkValue: [UInt8] {
        let message = Array("innkeeper storage key check 1".utf8) + id.bytes
        var check = [UInt8](repeating: 0, count: 16)
        let status = unsafe material.expose("key check value") { key in
            unsafe crypto_generichash(
                &check, check.count,
                message, UInt64(message.count),
                key.cBytes, key.count
            )
        }
        precondition(status == 0, "libsodium did not hash")
        return check
    }

    /// Wraps an installation key for one place.
    package func wrap(_ key: InstallationKey, in context: SealingContext) -> SealedValue {
        wrap(id: key.id, material: key.material, in: context)
    }

    /// Wraps a deployment key for one place.
    package func wrap(_ key: DeploymentKey, in context: SealingContext) -> SealedValue {
        wrap(id: key.id, material: key.material, in: context)
    }

    /// Opens an installation key that was wrapped for this place.
    package func unwrapInstallationKey(
        _ value: SealedValue,
        in context: SealingContext
    ) throws(SealingError) -> InstallationKey {
        let (id, material) = try unwrap(value, in: context) as (InstallationKeyID, KeyMaterial)
        return InstallationKey(id: id, material: material)
    }

    /// Opens a deployment key that was wrapped for this place.
    package func unwrapDeploymentKey(
        _ value: SealedValue,
        in context: SealingContext
    ) throws(SealingError) -> DeploymentKey {
        let (id, material) = try unwrap(value, in: context) as (DeploymentKeyID, KeyMaterial)
        return DeploymentKey(id: id, material: material)
    }

    /// Wraps again, under `newKey` and for the same place, a key that is wrapped under this one. The id inside stays.
    ///
    /// The new value is opened again and compared before it is returned: whoever replaces the old value by it has nothing
    /// else left.
    package func rewrap(
        _ value: SealedValue,
        in context: SealingContext,
        under newKey: StorageKey
    ) throws(SealingError) -> SealedValue {
        let (id, material) = try unwrap(value, in: context) as (KeyID<Never>, KeyMaterial)
        let new = newKey.wrap(id: id, material: material, in: context)
        let (newID, readBack) = try newKey.unwrap(new, in: context) as (KeyID<Never>, KeyMaterial)
        guard newID == id, readBack.matches(material) else { throw .cannotOpen }
        return new
    }
}

extension StorageKey {
    /// Bytes of a wrapped plaintext: the id of the key, then the key.
    private static let wrappedSize = 8 + KeyMaterial.size

    /// The one way to wrap. The id travels inside, so a key opened from a row always knows its name.
    private func wrap(id: KeyID<some Any>, material: KeyMaterial, in context: SealingContext) -> SealedValue {
        unsafe withZeroedTemporary(byteCount: Self.wrappedSize) { plaintext in
            unsafe plaintext.copyBytes(from: id.bytes)
            unsafe material.expose("wrapping a key") { key in
                unsafe UnsafeMutableRawBufferPointer(rebasing: plaintext[8...]).copyMemory(from: key)
            }
            return unsafe Envelope.seal(
                UnsafeRawBufferPointer(plaintext), kind: .wrappedKey, keyID: self.id, key: self.material,
                context: context
            )
        }
    }

    /// The one way to unwrap.
    private func unwrap<Kind>(
        _ value: SealedValue,
        in context: SealingContext
    ) throws(SealingError) -> (KeyID<Kind>, KeyMaterial) {
        guard value.kind == .wrappedKey else { throw .cannotOpen }
        // No trial decryption: a key that is not at hand is reported as such, apart from a row that is broken.
        let named = StorageKeyID(bitPattern: value.keyIDBitPattern)
        guard named == id else { throw .unknownKey(named) }
        guard value.plaintextCount == Self.wrappedSize else { throw .cannotOpen }
        return try unsafe withZeroedTemporary(byteCount: Self.wrappedSize) { plaintext throws(SealingError) in
            try unsafe Envelope.open(value, key: material, context: context, into: plaintext)
            let id = unsafe plaintext[..<8].reduce(Int64(0)) { $0 << 8 | Int64($1) }
            let material = unsafe KeyMaterial { slot in
                unsafe slot.copyMemory(from: UnsafeRawBufferPointer(rebasing: plaintext[8...]))
            }
            return (KeyID(bitPattern: id), material)
        }
    }
}

/// Lends a small zero buffer on the stack and zeroes it again afterwards, also on an error.
///
/// Not locked, unlike `KeyMaterial`: the bytes live for microseconds, as libsodium's own working copies do.
func withZeroedTemporary<R, E: Error>(
    byteCount: Int,
    _ body: (UnsafeMutableRawBufferPointer) throws(E) -> R
) throws(E) -> R {
    let result: Result<R, E> = unsafe withUnsafeTemporaryAllocation(byteCount: byteCount, alignment: 8) { buffer in
        unsafe buffer.initializeMemory(as: UInt8.self, repeating: 0)
        defer {
            if let base = buffer.baseAddress { unsafe sodium_memzero(base, byteCount) }
        }
        do throws(E) {
            return .success(try unsafe body(buffer))
        } catch {
            return .failure(error)
        }
    }
    return try result.get()
}

/// The lower tier: one random key per installation. It seals that installation's tokens, settings and event bodies, so
/// that erasing a tenant is erasing one key.
package struct InstallationKey: Sendable {
    /// Its name, also in every value it seals.
    package let id: InstallationKeyID
    let material: KeyMaterial

    init(id: InstallationKeyID, material: KeyMaterial) {
        self.id = id
        self.material = material
    }

    /// A new key with a new id.
    package static func random() -> InstallationKey {
        InstallationKey(id: .random(), material: .random())
    }

    /// Seals a secret for one place.
    package func seal(_ secret: SecretBytes, in context: SealingContext) -> SealedValue {
        unsafe secret.expose("sealing") { unsafe seal($0, in: context) }
    }

    /// Seals bytes for one place.
    package func seal(_ plaintext: [UInt8], in context: SealingContext) -> SealedValue {
        unsafe plaintext.withUnsafeBytes { unsafe seal($0, in: context) }
    }

    /// Seals bytes for one place.
    package func seal(_ plaintext: UnsafeRawBufferPointer, in context: SealingContext) -> SealedValue {
        unsafe Envelope.seal(plaintext, kind: .installationValue, keyID: id, key: material, context: context)
    }

    /// Opens a secret that was sealed for this place.
    package func open(_ value: SealedValue, in context: SealingContext) throws(SealingError) -> SecretBytes {
        try check(value)
        return try unsafe SecretBytes(count: value.plaintextCount) { output throws(SealingError) in
            try unsafe Envelope.open(value, key: material, context: context, into: output)
        }
    }

    /// Checks that a secret would open that was sealed for this place, and makes no copy of it.
    package func verify(_ value: SealedValue, in context: SealingContext) throws(SealingError) {
        try check(value)
        try Envelope.verify(value, key: material, context: context)
    }

    /// Opens bytes that are on their way out anyway, such as an event body. They are not zeroed afterwards.
    package func openBytes(_ value: SealedValue, in context: SealingContext) throws(SealingError) -> [UInt8] {
        try unsafe open(value, in: context).expose("event bodies leave the process") { unsafe Array($0) }
    }

    private func check(_ value: SealedValue) throws(SealingError) {
        guard value.kind == .installationValue, value.keyIDBitPattern == id.bitPattern else { throw .cannotOpen }
    }
}

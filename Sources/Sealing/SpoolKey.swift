/// Seals installs that were accepted while the store was unavailable. Derived from the deployment key.
package struct SpoolKey: Sendable {
    /// The deployment key it is derived from; the id in every value it seals.
    package let id: DeploymentKeyID
    let material: KeyMaterial

    init(id: DeploymentKeyID, material: KeyMaterial) {
        self.id = id
        self.material = material
    }

    /// Seals a secret for one place.
    package func seal(_ secret: SecretBytes, in context: SealingContext) -> SealedValue {
        unsafe secret.expose("sealing") {
            unsafe Envelope.seal($0, kind: .deploymentValue, keyID: id, key: material, context: context)
        }
    }

    /// Opens a secret that was sealed for this place.
    package func open(_ value: SealedValue, in context: SealingContext) throws(SealingError) -> SecretBytes {
        guard value.kind == .deploymentValue, value.keyIDBitPattern == id.bitPattern else { throw .cannotOpen }
        return try unsafe SecretBytes(count: value.plaintextCount) { output throws(SealingError) in
            try unsafe Envelope.open(value, key: material, context: context, into: output)
        }
    }
}

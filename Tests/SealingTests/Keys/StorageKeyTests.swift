import Testing

@testable import Sealing

@Suite struct StorageKeyTests {
    private let storageKey = StorageKey.random()
    private let context = SealingContext(purpose: "installation key", place: ["addon", "workspace", "installation"])

    @Test func `a wrapped installation key comes back with its id`() throws {
        let key = InstallationKey.random()
        let value = storageKey.wrap(key, in: context)
        #expect(value.kind == .wrappedKey)
        #expect(value.storageKeyID == storageKey.id)
        #expect(value.bytes.count == 90)
        let opened = try storageKey.unwrapInstallationKey(value, in: context)
        #expect(opened.id == key.id)
        #expect(opened.material.matches(key.material))
    }

    @Test func `a wrapped deployment key comes back with its id`() throws {
        let key = DeploymentKey.random()
        let opened = try storageKey.unwrapDeploymentKey(storageKey.wrap(key, in: context), in: context)
        #expect(opened.id == key.id)
        #expect(opened.material.matches(key.material))
    }

    @Test func `a key under another storage key is reported as such, not as corrupt`() {
        let other = StorageKey.random()
        let value = other.wrap(InstallationKey.random(), in: context)
        #expect(throws: SealingError.unknownKey(other.id)) {
            try storageKey.unwrapInstallationKey(value, in: context)
        }
    }

    @Test func `only the key that the header names is tried`() {
        // The material is right, the name is not: without the comparison it would open.
        let value = storageKey.wrap(InstallationKey.random(), in: context)
        let renamed = StorageKey(id: .random(), material: storageKey.material)
        #expect(throws: SealingError.unknownKey(storageKey.id)) {
            try renamed.unwrapInstallationKey(value, in: context)
        }
    }

    @Test func `a storage key with the same id and other material opens nothing`() {
        let namesake = StorageKey(id: storageKey.id, material: .random())
        let value = storageKey.wrap(InstallationKey.random(), in: context)
        #expect(throws: SealingError.cannotOpen) { try namesake.unwrapInstallationKey(value, in: context) }
    }

    @Test func `a key moved to another place does not open`() {
        let value = storageKey.wrap(InstallationKey.random(), in: context)
        let other = SealingContext(purpose: "installation key", place: ["addon", "workspace", "another"])
        #expect(throws: SealingError.cannotOpen) { try storageKey.unwrapInstallationKey(value, in: other) }
    }

    @Test func `a flipped bit anywhere is refused`() {
        let value = storageKey.wrap(InstallationKey.random(), in: context)
        for index in value.bytes.indices {
            var bytes = value.bytes
            bytes[index] ^= 1
            #expect(throws: SealingError.self) {
                try storageKey.unwrapInstallationKey(SealedValue(bytes: bytes), in: context)
            }
        }
    }

    @Test func `a value of another kind is refused`() {
        let key = InstallationKey(id: .init(bitPattern: storageKey.id.bitPattern), material: storageKey.material)
        let value = key.seal([UInt8](repeating: 1, count: 40), in: context)
        #expect(throws: SealingError.cannotOpen) { try storageKey.unwrapInstallationKey(value, in: context) }
    }

    @Test(arguments: [0, 32, 39, 41])
    func `a genuine value that is not an id and a key is refused`(count: Int) {
        let value = [UInt8](repeating: 1, count: count).withUnsafeBytes {
            Envelope.seal(
                $0, kind: .wrappedKey, keyID: storageKey.id, key: storageKey.material, context: context
            )
        }
        #expect(throws: SealingError.cannotOpen) { try storageKey.unwrapInstallationKey(value, in: context) }
    }

    @Test func `a rewrapped key opens under the new storage key only`() throws {
        let (key, newKey) = (InstallationKey.random(), StorageKey.random())
        let value = try storageKey.rewrap(storageKey.wrap(key, in: context), in: context, under: newKey)
        #expect(value.storageKeyID == newKey.id)
        let opened = try newKey.unwrapInstallationKey(value, in: context)
        #expect(opened.id == key.id)
        #expect(opened.material.matches(key.material))
        #expect(throws: SealingError.unknownKey(newKey.id)) {
            try storageKey.unwrapInstallationKey(value, in: context)
        }
    }

    @Test func `a key that does not open is not rewrapped`() {
        let value = storageKey.wrap(InstallationKey.random(), in: context)
        let other = SealingContext(purpose: "installation key", place: [])
        #expect(throws: SealingError.cannotOpen) {
            try storageKey.rewrap(value, in: other, under: .random())
        }
    }

    @Test func `the check value is what another implementation computes`() {
        // blake2b of Python's hashlib.
        let key = StorageKey(id: .init(bitPattern: 0x0123_4567_89ab_cdef), material: countingKey)
        #expect(hex(key.checkValue) == "43fd6010ce53f5cdce3a0cc30d9fcacf")
    }

    @Test func `the check value differs for another key or another id`() {
        let sameID = StorageKey(id: storageKey.id, material: .random())
        let sameMaterial = StorageKey(id: .random(), material: storageKey.material)
        #expect(Set([storageKey.checkValue, sameID.checkValue, sameMaterial.checkValue]).count == 3)
    }
}

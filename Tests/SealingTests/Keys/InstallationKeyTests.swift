import Testing

@testable import Sealing

@Suite struct InstallationKeyTests {
    private let key = InstallationKey.random()
    private let context = SealingContext(purpose: "token", place: ["addon", "workspace", "installation"])

    @Test(arguments: [0, 1, 63, 64, 65, 1000, 100_000])
    func `what was sealed opens again`(count: Int) throws {
        let plaintext = (0..<count).map { UInt8(truncatingIfNeeded: $0) }
        #expect(try key.open(key.seal(plaintext, in: context), in: context).plain == plaintext)
        #expect(try key.openBytes(key.seal(SecretBytes(plaintext), in: context), in: context) == plaintext)
        #expect(throws: Never.self) { try key.verify(key.seal(plaintext, in: context), in: context) }
        let fromBuffer = plaintext.withUnsafeBytes { key.seal($0, in: context) }
        #expect(try key.open(fromBuffer, in: context).plain == plaintext)
        #expect(fromBuffer.bytes.count == count + 50)
        #expect(fromBuffer.kind == .installationValue)
        #expect(fromBuffer.keyIDBitPattern == key.id.bitPattern)
    }

    @Test func `the same value sealed twice looks different`() {
        let values = (0..<100).map { _ in key.seal([1, 2, 3], in: context).bytes }
        #expect(Set(values.map { $0[10...] }).count == 100)
        #expect(Set(values.map { $0[34..<37] }).count > 90)
    }

    @Test(arguments: [
        SealingContext(purpose: "settings", place: ["addon", "workspace", "installation"]),
        SealingContext(purpose: "token", place: ["addon", "workspace", "other"]),
        SealingContext(purpose: "token", place: ["addon", "other", "installation"]),
        SealingContext(purpose: "token", place: ["addon", "workspace"]),
        SealingContext(purpose: "token", place: ["addon", "workspaceinstallation"]),
        SealingContext(purpose: "token", place: ["addo", "nworkspace", "installation"]),
        SealingContext(purpose: "token", place: ["addon", "workspace", "installation", ""]),
        SealingContext(purpose: "", place: []),
    ])
    func `a value moved to another place or purpose does not open`(other: SealingContext) {
        let value = key.seal([1, 2, 3], in: context)
        #expect(throws: SealingError.cannotOpen) { try key.open(value, in: other) }
        #expect(throws: SealingError.cannotOpen) { try key.openBytes(value, in: other) }
        #expect(throws: SealingError.cannotOpen) { try key.verify(value, in: other) }
    }

    @Test func `a value does not open under another key, even one with the same id`() {
        let value = key.seal([1, 2, 3], in: context)
        let namesake = InstallationKey(id: key.id, material: .random())
        #expect(throws: SealingError.cannotOpen) { try InstallationKey.random().open(value, in: context) }
        #expect(throws: SealingError.cannotOpen) { try namesake.open(value, in: context) }
        #expect(throws: SealingError.cannotOpen) { try namesake.verify(value, in: context) }
    }

    @Test func `only the key that the header names is tried`() throws {
        // The material is right, the name is not: without the comparison it would open.
        let value = key.seal([1, 2, 3], in: context)
        let renamed = InstallationKey(id: .random(), material: key.material)
        #expect(throws: SealingError.cannotOpen) { try renamed.open(value, in: context) }
        #expect(throws: SealingError.cannotOpen) { try renamed.verify(value, in: context) }
        #expect(try key.open(value, in: context).plain == [1, 2, 3])
    }

    @Test func `a flipped bit anywhere is refused`() throws {
        let value = key.seal(Array("plaintext".utf8), in: context)
        for index in value.bytes.indices {
            for bit in 0..<8 {
                var bytes = value.bytes
                bytes[index] ^= 1 << bit
                #expect(throws: SealingError.self) { try key.open(SealedValue(bytes: bytes), in: context) }
                #expect(throws: SealingError.self) { try key.verify(SealedValue(bytes: bytes), in: context) }
            }
        }
    }

    @Test func `a value that lost or gained a byte is refused`() {
        let bytes = key.seal(Array("plaintext".utf8), in: context).bytes
        for altered in [bytes.dropLast(), bytes + [0], Array(bytes[..<34] + bytes[35...])] {
            #expect(throws: SealingError.cannotOpen) { try key.open(SealedValue(bytes: altered), in: context) }
        }
    }

    @Test func `the header is sealed along with the value`() throws {
        // The kind says which sort of key opens the value. Were it not bound, a value could be passed off as another
        // kind to a key with the same bits as id.
        let storageKey = StorageKey(id: .init(bitPattern: key.id.bitPattern), material: key.material)
        var bytes = storageKey.wrap(InstallationKey.random(), in: context).bytes
        bytes[1] = SealedKind.installationValue.rawValue
        #expect(throws: SealingError.cannotOpen) { try key.open(SealedValue(bytes: bytes), in: context) }
        // The same for the id: the material is right, only the name in the header was exchanged.
        bytes = key.seal([1, 2, 3], in: context).bytes
        let renamed = InstallationKey(id: .random(), material: key.material)
        bytes.replaceSubrange(2..<10, with: renamed.id.bytes)
        #expect(throws: SealingError.cannotOpen) { try renamed.open(SealedValue(bytes: bytes), in: context) }
    }

    @Test func `a value of another kind is refused`() throws {
        let storageKey = StorageKey(id: .init(bitPattern: key.id.bitPattern), material: key.material)
        let wrapped = storageKey.wrap(InstallationKey.random(), in: context)
        #expect(throws: SealingError.cannotOpen) { try key.open(wrapped, in: context) }
        #expect(throws: SealingError.cannotOpen) { try key.verify(wrapped, in: context) }
        #expect(throws: SealingError.cannotOpen) {
            try storageKey.unwrapInstallationKey(
                key.seal([UInt8](repeating: 1, count: 40), in: context), in: context)
        }
    }
}

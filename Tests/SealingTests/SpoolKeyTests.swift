import Testing

@testable import Sealing

@Suite struct SpoolKeyTests {
    private let key = DeploymentKey.random().spoolKey
    private let context = SealingContext(purpose: "spool", place: ["file"])

    @Test func `what was sealed opens again`() throws {
        let value = key.seal(SecretBytes(utf8: "an install"), in: context)
        #expect(value.kind == .deploymentValue)
        #expect(value.keyIDBitPattern == key.id.bitPattern)
        #expect(try key.open(value, in: context).plain == Array("an install".utf8))
    }

    @Test func `a value moved to another place does not open`() {
        let value = key.seal(SecretBytes(utf8: "an install"), in: context)
        #expect(throws: SealingError.cannotOpen) {
            try key.open(value, in: SealingContext(purpose: "spool", place: ["another"]))
        }
    }

    @Test func `a value does not open under another deployment's key`() {
        let value = key.seal(SecretBytes(utf8: "an install"), in: context)
        #expect(throws: SealingError.cannotOpen) { try DeploymentKey.random().spoolKey.open(value, in: context) }
        let renamed = SpoolKey(id: .random(), material: key.material)
        #expect(throws: SealingError.cannotOpen) { try renamed.open(value, in: context) }
    }

    @Test func `a flipped bit anywhere is refused`() {
        let value = key.seal(SecretBytes(utf8: "an install"), in: context)
        for index in value.bytes.indices {
            var bytes = value.bytes
            bytes[index] ^= 1
            #expect(throws: SealingError.self) { try key.open(SealedValue(bytes: bytes), in: context) }
        }
    }
}

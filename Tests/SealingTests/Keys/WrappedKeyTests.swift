import Testing

@testable import Sealing

@Suite struct WrappedKeyTests {
    private let context = SealingContext(purpose: "installation-key", place: ["a"])

    @Test func `a wrapped key comes back byte for byte and still opens`() throws {
        let storageKey = StorageKey.random()
        let key = InstallationKey.random()
        let value = storageKey.wrap(key, in: context)
        let kept = try #require(WrappedKey(value))
        #expect(kept.sealed == value)
        #expect(try storageKey.unwrapInstallationKey(kept.sealed, in: context).id == key.id)
    }

    @Test func `a value of another kind or length is no wrapped key`() throws {
        let sealed = InstallationKey.random().seal([UInt8](repeating: 0, count: 40), in: context)
        #expect(WrappedKey(sealed) == nil)
        let wrapped = StorageKey.random().wrap(InstallationKey.random(), in: context)
        #expect(WrappedKey(try SealedValue(bytes: wrapped.bytes.dropLast())) == nil)
        #expect(WrappedKey(try SealedValue(bytes: wrapped.bytes + [0])) == nil)
    }
}

import Testing

@testable import Sealing

@Suite struct UnprintableTests {
    /// What every way of printing a value gives, the values inside it included.
    private func printed(_ value: some Any) -> String {
        var dumped = ""
        dump(value, to: &dumped)
        let children = Mirror(reflecting: value).children.map { "\($0.label ?? "") \($0.value)" }.joined()
        let optional: Any? = value
        return [
            String(describing: value), String(reflecting: value), dumped, children, String(describing: [value]),
            String(describing: optional), "\(value as Any)",
        ].joined(separator: "\n")
    }

    // "ZZZZ…", so that neither letters nor numbers of the bytes can come from anything else.
    private let bytes = [UInt8](repeating: 0x5A, count: 32)

    private func expectNothing(in text: String, _ location: SourceLocation = #_sourceLocation) {
        #expect(!text.contains("ZZ"), sourceLocation: location)
        #expect(!text.contains("90"), sourceLocation: location)
        #expect(!text.lowercased().contains("5a5a"), sourceLocation: location)
        // An address would lead whoever has a memory image to the key.
        #expect(!text.contains("0x"), sourceLocation: location)
        #expect(!text.contains("ointer"), sourceLocation: location)
    }

    @Test func `a key shows nothing of itself`() {
        expectNothing(in: printed(key(bytes)))
        #expect(String(describing: key(bytes)) == "<key>")
    }

    @Test func `a secret shows nothing of itself`() {
        expectNothing(in: printed(SecretBytes(bytes)))
        #expect(String(describing: SecretBytes(bytes)) == "<secret>")
    }

    @Test func `keys that hold key material show their id at most`() {
        let id: Int64 = 0x0123_4567_89ab_cdef
        let id90 = { (text: String) in text.replacing("\(id)", with: "") }
        expectNothing(in: id90(printed(StorageKey(id: .init(bitPattern: id), material: key(bytes)))))
        expectNothing(in: id90(printed(InstallationKey(id: .init(bitPattern: id), material: key(bytes)))))
        expectNothing(in: id90(printed(DeploymentKey(id: .init(bitPattern: id), material: key(bytes)))))
        expectNothing(in: printed(MACKey(material: key(bytes))))
    }

    @Test func `a sealed value shows its kind, key and size only`() throws {
        var bytes: [UInt8] = [1, 2, 1, 2, 3, 4, 5, 6, 7, 8]
        bytes += self.bytes + self.bytes
        let value = try SealedValue(bytes: bytes)
        #expect(String(describing: value) == "sealed value of kind 2 under key 0102030405060708, 74 bytes")
        expectNothing(in: printed(value))
    }
}

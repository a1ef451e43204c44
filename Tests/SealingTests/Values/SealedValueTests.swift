import CSodium
import Testing

@testable import Sealing

@Suite struct SealedValueTests {
    @Test func `a value is read when its version, kind and size are known`() throws {
        for kind in UInt8(1)...2 {
            let bytes = [1, kind, 0xfe, 2, 3, 4, 5, 6, 7, 8] + [UInt8](repeating: 0, count: 40)
            let value = try SealedValue(bytes: bytes)
            #expect(value.bytes == bytes)
            #expect(value.kind.rawValue == kind)
            #expect(UInt64(bitPattern: value.keyIDBitPattern) == 0xfe02_0304_0506_0708)
            #expect(value.storageKeyID?.description == (kind == 1 ? "fe02030405060708" : nil))
        }
    }

    @Test func `only an installation's values have a second version, and it is what is written`() throws {
        for (version, kind, isRead) in [(2, 1, false), (2, 2, true), (2, 3, false), (3, 2, false)] {
            let bytes = [UInt8(version), UInt8(kind)] + [UInt8](repeating: 0, count: 48)
            #expect(((try? SealedValue(bytes: bytes)) != nil) == isRead)
        }
        let value = InstallationKey.random().seal([1], in: SealingContext(purpose: "p", place: []))
        #expect(value.version == .two)
        #expect(value.bytes[0] == 2)
    }

    @Test func `an unknown version or kind is malformed`() {
        for (version, kind) in [(0, 1), (2, 1), (255, 1), (1, 0), (1, 3), (1, 4), (1, 255)] as [(UInt8, UInt8)] {
            #expect(throws: SealingError.malformed) {
                try SealedValue(bytes: [version, kind] + [UInt8](repeating: 0, count: 80))
            }
        }
    }

    @Test func `a value too short for header, nonce and tag is malformed`() throws {
        let bytes = [1, 2] + [UInt8](repeating: 0, count: 48)
        _ = try SealedValue(bytes: bytes)
        for count in 0..<50 {
            #expect(throws: SealingError.malformed) { try SealedValue(bytes: Array(bytes.prefix(count))) }
        }
    }

    /// Another program: it has the text of a key file and two rows, and nothing of this project but the comment on
    /// `SealedValue`. It calls the cipher directly and builds the associated data by hand.
    @Test func `another program opens a row with the key file and the documented format`() throws {
        let storageKey = StorageKey.random()
        let installationKey = InstallationKey.random()
        let file = KeyFile.encode(storageKey).plain
        let row1 = storageKey.wrap(installationKey, in: SealingContext(purpose: "key", place: ["addon", "w1"])).bytes
        let row2 = installationKey.seal(
            Array("the token".utf8), in: SealingContext(purpose: "tök", place: ["addon", "", "w1"])
        ).bytes

        let keyLine = try #require(String(decoding: file, as: UTF8.self).split(separator: "\n").last)
        let fields = keyLine.split(separator: ":")
        #expect(fields[0] == "innkeeper-storage-key-1")
        #expect(Array(row1[0..<2]) == [1, 1])
        #expect(hex(row1[2..<10]) == String(fields[1]))
        let context1: [UInt8] =
            [0, 0, 0, 3]
            + [0, 0, 0, 3] + [0x6b, 0x65, 0x79]
            + [0, 0, 0, 5] + [0x61, 0x64, 0x64, 0x6f, 0x6e]
            + [0, 0, 0, 2] + [0x77, 0x31]
        let wrapped = try #require(decrypt(row1, context1, bytes(hex: String(fields[2]))))
        #expect(wrapped.count == 40)

        #expect(Array(row2[0..<2]) == [2, 2])
        #expect(Array(row2[2..<10]) == Array(wrapped[0..<8]))
        let context2: [UInt8] =
            [0, 0, 0, 4]
            + [0, 0, 0, 4] + [0x74, 0xc3, 0xb6, 0x6b]
            + [0, 0, 0, 5] + [0x61, 0x64, 0x64, 0x6f, 0x6e]
            + [0, 0, 0, 0]
            + [0, 0, 0, 2] + [0x77, 0x31]
        #expect(decrypt(row2, context2, Array(wrapped[8..<40])) == Array("the token".utf8))
    }

    private func decrypt(_ row: [UInt8], _ context: [UInt8], _ key: [UInt8]) -> [UInt8]? {
        let associatedData = Array(row[0..<10]) + context
        let nonce = Array(row[10..<34])
        let ciphertext = Array(row[34...])
        var plaintext = [UInt8](repeating: 0, count: ciphertext.count - 16)
        let status = crypto_aead_xchacha20poly1305_ietf_decrypt(
            &plaintext, nil, nil, ciphertext, UInt64(ciphertext.count),
            associatedData, UInt64(associatedData.count), nonce, key
        )
        return status == 0 ? plaintext : nil
    }
}

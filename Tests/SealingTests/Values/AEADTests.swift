import FoundationEssentials
import Testing

@testable import Sealing

/// Published vectors; where they are says the environment, see the README of the vectors.
enum Vectors {
    static let directory: String = {
        if let path = ProcessInfo.processInfo.environment["INNKEEPER_VECTORS"] { return path }
        let root = #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast(4)
        return root.joined(separator: "/") + "/../shared/vectors"
    }()

    /// In CI missing vectors are a failure: the test runs and does not find its file.
    static func areExpected(_ name: String) -> Bool {
        FileManager.default.fileExists(atPath: "\(directory)/\(name)")
            || ProcessInfo.processInfo.environment["CI"] == "true"
    }

    static func load<T: Decodable>(_ name: String, as type: T.Type) throws -> T {
        try JSONDecoder().decode(type, from: Data(contentsOf: URL(filePath: "\(directory)/\(name)")))
    }
}

private let vectorFile = "wycheproof/xchacha20_poly1305_test.json"

private struct AEADVectors: Decodable {
    struct Group: Decodable { let tests: [Case] }
    struct Case: Decodable {
        let tcId: Int
        let key, iv, aad, msg, ct, tag, result: String
    }
    let testGroups: [Group]
}

@Suite struct AEADTests {
    @Test(.enabled(if: Vectors.areExpected(vectorFile), "test vectors not found; set INNKEEPER_VECTORS"))
    func `all 315 Wycheproof cases come out as stated`() throws {
        var asStated = 0
        var refusedNonces = 0
        let cases = try Vectors.load(vectorFile, as: AEADVectors.self).testGroups.flatMap(\.tests)
        for test in cases {
            guard let nonce = bytes(hex: test.iv).withUnsafeBytes({ AEAD.Nonce($0) }) else {
                #expect(test.result == "invalid" && test.iv.count != 48, "case \(test.tcId)")
                refusedNonces += 1
                continue
            }
            let message = bytes(hex: test.msg)
            let sealed = bytes(hex: test.ct + test.tag)
            let (key, aad) = (key(bytes(hex: test.key)), bytes(hex: test.aad))
            if test.result == "valid" {
                #expect(seal(message, aad, nonce, key) == sealed, "case \(test.tcId)")
                #expect(open(sealed, aad, nonce, key) == message, "case \(test.tcId)")
            } else {
                #expect(open(sealed, aad, nonce, key) == nil, "case \(test.tcId)")
            }
            #expect(verify(sealed, aad, nonce, key) == (test.result == "valid"), "case \(test.tcId)")
            asStated += 1
        }
        #expect(cases.count == 315)
        #expect(asStated == 306)
        #expect(refusedNonces == 9)
    }

    @Test(arguments: [0, 8, 12, 23, 25, 32])
    func `a nonce that is not 24 bytes long is refused`(count: Int) {
        #expect([UInt8](repeating: 1, count: count).withUnsafeBytes { AEAD.Nonce($0) } == nil)
    }

    @Test func `two nonces are never the same`() {
        let nonces = (0..<1000).map { _ in withUnsafeBytes(of: AEAD.Nonce.random().bytes) { Array($0) } }
        #expect(Set(nonces).count == 1000)
    }

    @Test func `a ciphertext shorter than a tag is refused`() {
        #expect(throws: AEADFailure.self) {
            try AEAD.open(
                UnsafeRawBufferPointer(start: nil, count: 0), associatedData: [], nonce: .random(), key: countingKey,
                into: UnsafeMutableRawBufferPointer(start: nil, count: 0)
            )
        }
        #expect(!verify([UInt8](repeating: 0, count: AEAD.tagSize - 1), [], .random(), countingKey))
    }

    @Test func `a refused ciphertext leaves no plaintext in the output`() {
        let nonce = AEAD.Nonce.random()
        var sealed = seal(Array("secret".utf8), [], nonce, countingKey)
        sealed[sealed.count - 1] ^= 1
        var output = [UInt8](repeating: 0, count: 6)
        let isOpen = sealed.withUnsafeBytes { sealed in
            output.withUnsafeMutableBytes { output in
                (try? AEAD.open(sealed, associatedData: [], nonce: nonce, key: countingKey, into: output)) != nil
            }
        }
        #expect(!isOpen)
        #expect(output == [0, 0, 0, 0, 0, 0])
    }

    private func seal(_ message: [UInt8], _ aad: [UInt8], _ nonce: AEAD.Nonce, _ key: KeyMaterial) -> [UInt8] {
        var output = [UInt8](repeating: 0, count: message.count + AEAD.tagSize)
        message.withUnsafeBytes { message in
            output.withUnsafeMutableBytes { output in
                AEAD.seal(message, associatedData: aad, nonce: nonce, key: key, into: output)
            }
        }
        return output
    }

    private func verify(_ sealed: [UInt8], _ aad: [UInt8], _ nonce: AEAD.Nonce, _ key: KeyMaterial) -> Bool {
        sealed.withUnsafeBytes { sealed in
            (try? AEAD.verify(sealed, associatedData: aad, nonce: nonce, key: key)) != nil
        }
    }

    private func open(_ sealed: [UInt8], _ aad: [UInt8], _ nonce: AEAD.Nonce, _ key: KeyMaterial) -> [UInt8]? {
        var output = [UInt8](repeating: 0, count: sealed.count - AEAD.tagSize)
        do {
            try sealed.withUnsafeBytes { sealed in
                try output.withUnsafeMutableBytes { output in
                    try AEAD.open(sealed, associatedData: aad, nonce: nonce, key: key, into: output)
                }
            }
            return output
        } catch {
            return nil
        }
    }
}

import Testing

@testable import Sealing

@Suite struct SecretBytesTests {
    @Test func `a secret keeps the bytes it was made from`() {
        #expect(SecretBytes([1, 2, 3]).plain == [1, 2, 3])
        #expect(SecretBytes(utf8: "tök").plain == Array("tök".utf8))
        #expect([UInt8](arrayLiteral: 9, 8).withUnsafeBytes { SecretBytes($0) }.plain == [9, 8])
        #expect(SecretBytes([1, 2, 3]).count == 3)
    }

    @Test func `a secret may be empty`() {
        #expect(SecretBytes([]).count == 0)
        #expect(SecretBytes([]).plain == [])
        #expect(SecretBytes([]).matches([]))
    }

    @Test func `the bytes are gone from memory when the last reference goes`() {
        let pattern = [UInt8](repeating: 0x5A, count: 4096)
        var secret: SecretBytes? = SecretBytes(pattern)
        let address = secret?.expose("test") { $0.baseAddress }
        #expect(address.flatMap { peek($0, count: 4096) } == pattern)
        secret = nil
        // Another thread may have the memory by now, so what is there is unknown; it must not be the secret.
        let left = address.flatMap { peek($0 + 1024, count: 2048) } ?? []
        #expect(!left.elementsEqual(repeatElement(0x5A, count: 2048)))
    }

    @Test func `a secret matches the same bytes only`() {
        let secret = SecretBytes(utf8: "correct horse")
        #expect(secret.matches(SecretBytes(utf8: "correct horse")))
        #expect(secret.matches(Array("correct horse".utf8)))
        #expect(!secret.matches(Array("correct hors".utf8)))
        #expect(!secret.matches(Array("correct horse!".utf8)))
        #expect(!secret.matches([]))
        for index in 0..<secret.count {
            var other = Array("correct horse".utf8)
            other[index] ^= 1
            #expect(!secret.matches(other))
        }
    }

    @Test func `a temporary buffer is zeroed after use, also after an error`() {
        struct Failure: Error {}
        // Above 1024 bytes the buffer is on the heap, where it outlives the call long enough to look.
        for fails in [false, true] {
            var address: UnsafeRawPointer?
            do throws(Failure) {
                try withZeroedTemporary(byteCount: 4096) { buffer throws(Failure) in
                    buffer.copyBytes(from: [UInt8](repeating: 0x5A, count: 4096))
                    address = UnsafeRawPointer(buffer.baseAddress)
                    if fails { throw Failure() }
                }
            } catch {}
            let left = address.flatMap { peek($0 + 1024, count: 2048) } ?? []
            #expect(!left.elementsEqual(repeatElement(0x5A, count: 2048)))
        }
    }
}

import COpenSSL
import Dispatch
import Synchronization
import Testing

@testable import Marketplace

@Suite struct TrustedKeysTests {
    private func error(_ pem: String) -> PlatformKeyError? {
        do throws(PlatformKeyError) {
            _ = try TrustedKeys(pem: pem)
            return nil
        } catch {
            return error
        }
    }

    private func pem(_ der: [UInt8]) -> String { PEM.text(label: "PUBLIC KEY", der: der) }

    /// A sound modulus of 2048 bits.
    private func modulus() throws -> [UInt8] {
        let blocks = try PEM.blocks(try Samples().platform.publicPEM())
        // Where it lies in the SubjectPublicKeyInfo of a 2048-bit key: behind two headers, the identifier, a zero byte.
        let spki = try #require(blocks.first).der
        try #require(spki.count == 294)
        return Array(spki[33..<289])
    }

    @Test func `several keys keep their order and each verifies`() throws {
        let samples = try Samples()
        let other = try StandInPlatform()
        let keys = try TrustedKeys(pem: try other.publicPEM() + (try samples.platform.publicPEM()))
        #expect(keys.fingerprints.count == 2)
        #expect(keys.fingerprints.first == (try TrustedKeys(pem: try other.publicPEM())).fingerprints.first)
        for platform in [samples.platform, other] {
            let token = try platform.sign(claims: samples.claims("", nil))
            #expect(try CompactJWS(token).isSigned(by: keys))
            #expect(try !CompactJWS(token).isSigned(by: KnownPlatform.clockify.builtInKeys))
        }
    }

    @Test func `threads verify with one key at once, genuine signatures and others`() throws {
        let samples = try Samples()
        let keys = try TrustedKeys(pem: try samples.platform.publicPEM())
        let genuine = try CompactJWS(try samples.platform.sign(claims: samples.claims("", nil)))
        let forged = try CompactJWS(try StandInPlatform().sign(claims: samples.claims("", nil)))
        let right = Atomic(0)
        DispatchQueue.concurrentPerform(iterations: 400) { number in
            let isGenuine = number % 2 == 0
            if (isGenuine ? genuine : forged).isSigned(by: keys) == isGenuine { right.add(1, ordering: .relaxed) }
        }
        #expect(right.load(ordering: .relaxed) == 400)
    }

    @Test func `a list without a key or with anything but keys is refused`() throws {
        let good = try Samples().platform.publicPEM()
        #expect(error("") == .noKey)
        #expect(error("# nothing\n") == .noKey)
        #expect(error(good + "garbage") != nil)
        #expect(error(good.replacing("PUBLIC", with: "RSA PUBLIC")) == .notPublicKey(key: 1))
        #expect(error(good.replacing("PUBLIC KEY", with: "CERTIFICATE")) == .notPublicKey(key: 1))
        #expect(throws: PlatformKeyError.notPEM(line: 1)) { try TrustedKeys(pem: [0xFF]) }
    }

    @Test func `a private key is refused`() throws {
        #expect(error(try Samples().platform.privatePEM()) == .privateKey(key: 1))
    }

    @Test func `bytes behind the key are refused`() throws {
        let der = JWK.spki(modulus: try modulus(), exponent: [1, 0, 1])
        #expect(error(pem(der)) == nil)
        #expect(error(pem(der + [0])) == .malformed(key: 1))
        #expect(error(pem(Array(der.dropLast()))) == .malformed(key: 1))
    }

    @Test func `an exponent that is one or even is refused`() throws {
        for exponent in [[1], [2], [1, 0, 0]] as [[UInt8]] {
            #expect(error(pem(JWK.spki(modulus: try modulus(), exponent: exponent))) == .badExponent(key: 1))
        }
    }

    @Test func `a key below 2048 or above 8192 bits is refused`() throws {
        let short = Array(try modulus().prefix(255))
        #expect(error(pem(JWK.spki(modulus: short, exponent: [1, 0, 1]))) == .badLength(key: 1, bits: 2040))
        let long = [UInt8](repeating: 0xFF, count: 1025)
        #expect(error(pem(JWK.spki(modulus: long, exponent: [1, 0, 1]))) == .badLength(key: 1, bits: 8200))
    }

    @Test func `a modulus that is even or has a small factor is refused`() throws {
        var even = try modulus()
        even[even.count - 1] &= 0xFE
        #expect(error(pem(JWK.spki(modulus: even, exponent: [1, 0, 1]))) == .weakModulus(key: 1))
        let threes = [UInt8](repeating: 0xFF, count: 256)  // 2^2048 - 1, a multiple of 3.
        #expect(error(pem(JWK.spki(modulus: threes, exponent: [1, 0, 1]))) == .weakModulus(key: 1))
    }

    @Test func `a key of another kind is refused`() throws {
        // An Ed25519 public key and an RSA key that its algorithm identifier restricts to PSS.
        let ed25519: [UInt8] = [0x30, 0x2A, 0x30, 0x05, 0x06, 0x03, 0x2B, 0x65, 0x70, 0x03, 0x21, 0x00]
        #expect(error(pem(ed25519 + [UInt8](repeating: 9, count: 32))) == .notRSA(key: 1))
        var pss = JWK.spki(modulus: try modulus(), exponent: [1, 0, 1])
        let identifier = try #require(pss.indices.first { pss[$0...].starts(with: [0x0D, 0x01, 0x01, 0x01, 0x05]) })
        pss[identifier + 3] = 0x0A
        #expect([.notRSA(key: 1), .malformed(key: 1)].contains(error(pem(pss))))
    }

    @Test func `the key at fault is named`() throws {
        let good = try Samples().platform.publicPEM()
        #expect(error(good + pem(JWK.spki(modulus: try modulus(), exponent: [1]))) == .badExponent(key: 2))
    }

    @Test func `a signature of another length is refused`() throws {
        let samples = try Samples()
        let jws = try CompactJWS(try samples.token(.webhook))
        func verifies(_ signature: [UInt8]) -> Bool {
            samples.verifier.keys.verify(signature, over: jws.text.utf8.span.extracting(first: jws.signedLength))
        }
        #expect(verifies(jws.signature))
        #expect(!verifies([0] + jws.signature))
        #expect(!verifies(Array(jws.signature.dropLast())))
        #expect(!verifies([]))
    }

    @Test func `many threads verify with one key at once`() async throws {
        let samples = try Samples()
        let good = try CompactJWS(try samples.token(.webhook))
        let bad = try CompactJWS(try StandInPlatform().sign(claims: samples.claims("", nil)))
        await withTaskGroup { group in
            for index in 0..<200 {
                group.addTask { (index % 2 == 0 ? good : bad).isSigned(by: samples.verifier.keys) == (index % 2 == 0) }
            }
            for await isRight in group { #expect(isRight) }
        }
    }

    @Test func `a failed check leaves nothing in the error queue of OpenSSL`() throws {
        let keys = try Samples().verifier.keys
        ERR_clear_error()
        _ = keys.verify([UInt8](repeating: 1, count: 256), over: Array("x".utf8).span)
        #expect(ERR_peek_error() == 0)
        _ = error(pem([0x30, 0x00]))
        #expect(ERR_peek_error() == 0)
    }
}

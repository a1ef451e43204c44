import Testing

@testable import Marketplace

@Suite(.enabled(if: Vectors.isAvailable, Vectors.absent))
struct RSAVectorTests {
    @Test func `of 259 signatures exactly the 9 valid ones verify`() throws {
        var accepted = 0
        var count = 0
        for group in try Vectors.groups("rsa_signature_2048_sha256_test") {
            let der = try Vectors.bytes(hexadecimal: try #require(group["publicKeyDer"]?.string))
            let key = try RSAPublicKey(spki: der, number: 1)
            for (id, test) in try Vectors.tests(group) {
                let message = try Vectors.bytes(hexadecimal: try #require(test["msg"]?.string))
                let signature = try Vectors.bytes(hexadecimal: try #require(test["sig"]?.string))
                let isAccepted = key.verify(signature, over: message.span)
                #expect(isAccepted == (test["result"]?.string == "valid"), "tcId \(id)")
                count += 1
                accepted += isAccepted ? 1 : 0
            }
        }
        #expect(count == 259)
        #expect(accepted == 9)
    }
}

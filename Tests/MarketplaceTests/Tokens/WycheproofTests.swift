import Testing

@testable import Marketplace

/// Wycheproof's JWS cases at the layer below the claims: form, header rules, signature.
@Suite(.enabled(if: Vectors.isAvailable, Vectors.absent))
struct WycheproofTests {
    private func accepted(_ file: String) throws -> (count: Int, accepted: [Int]) {
        var count = 0
        var accepted: [Int] = []
        for group in try Vectors.groups(file) {
            let keys = JWK.trustedKeys(group)
            for (id, test) in try Vectors.tests(group) {
                count += 1
                guard let keys, let token = (test["jws"] ?? test["jwe"])?.string else { continue }
                do throws(TokenRefusal) {
                    if try CompactJWS(token).isSigned(by: keys) { accepted.append(id) }
                } catch {
                    continue  // A refusal of the form is a refusal.
                }
            }
        }
        return (count, accepted)
    }

    @Test func `of 401 signed tokens exactly 8 are accepted`() throws {
        let result = try accepted("json_web_signature_test")
        #expect(result.count == 401)
        #expect(result.accepted == [33, 259, 260, 261, 262, 263, 345, 349])
    }

    @Test func `of 83 confused tokens only the plain RS256 one is accepted`() throws {
        let result = try accepted("json_web_crypto_test")
        #expect(result.count == 83)
        #expect(result.accepted == [33])
    }

    @Test func `of 26 key cases only the sound RS256 key is of use`() throws {
        let result = try accepted("json_web_key_test")
        #expect(result.count == 26)
        #expect(result.accepted == [5])
    }

    @Test func `weak keys are refused when they are loaded`() throws {
        var errors: [Int: PlatformKeyError] = [:]
        for group in try Vectors.groups("json_web_key_test") {
            guard let key = group["public"]?.object?["keys"]?.array?.first?.object, let pem = JWK.pem(key) else {
                continue
            }
            let id = try #require(try Vectors.tests(group).first).id
            do throws(PlatformKeyError) {
                _ = try TrustedKeys(pem: pem)
            } catch {
                errors[id] = error
            }
        }
        // The generator of CVE-2017-15361, 1024 bits, exponent 1.
        #expect(errors == [7: .weakModulus(key: 1), 8: .badLength(key: 1, bits: 1024), 9: .badExponent(key: 1)])
    }
}

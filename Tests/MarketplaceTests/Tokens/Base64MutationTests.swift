import Testing

@testable import Marketplace

/// The 14 mutations of Wycheproof's `base64` group (there over HS256), made again over RS256.
@Suite struct Base64MutationTests {
    private let header = Base64URL.encode(Array(#"{"kid":"rs256-key","alg":"RS256"}"#.utf8))
    private let payload = "VGVzdA"

    /// Refusal of a mutated token whose original is accepted.
    private func expectRefusal(_ name: String, _ token: String, samples: Samples) {
        #expect(throws: TokenRefusal.notBase64URL, "\(name)") {
            let jws = try CompactJWS(token)
            Issue.record("\(name) was taken apart; signed: \(jws.isSigned(by: samples.verifier.keys))")
        }
    }

    private func signature(_ token: String) throws -> String {
        String(try #require(token.split(separator: ".").last))
    }

    @Test func `the original is accepted`() throws {
        let samples = try Samples()
        let token = try samples.platform.sign(input: header + "." + payload)
        #expect(try CompactJWS(token).isSigned(by: samples.verifier.keys))
    }

    @Test func `changes to the signature are refused`() throws {
        let samples = try Samples()
        let input = header + "." + payload
        let signature = try signature(try samples.platform.sign(input: input))
        expectRefusal("360 spaces", "\(input).    \(signature)", samples: samples)
        expectRefusal("361 foreign character before", "\(input).?\(signature)", samples: samples)
        expectRefusal("362 foreign character behind", "\(input).\(signature)?", samples: samples)
        let letters: [(String, Character)] = [("363 character for zeros", "A"), ("364 character for ones", "_")]
        for (name, letter) in letters {
            // A lenient reader takes an unknown character for 0 or 63, which is what stood there. One signature in two
            // hundred lacks the letter, so several payloads are tried.
            let tokens = try ["", "AAAA", "BBBB", "CCCC", "DDDD", "EEEE"].map { more in
                try samples.platform.sign(input: header + "." + more + payload)
            }
            let token = try #require(tokens.first { try self.signature($0).contains(letter) })
            let parts = token.split(separator: ".")
            let place = try #require(parts[2].firstIndex(of: letter))
            let changed = parts[2][..<place] + "?" + parts[2][place...].dropFirst()
            expectRefusal(name, "\(parts[0]).\(parts[1]).\(changed)", samples: samples)
        }
    }

    @Test func `signed changes to header and payload are refused`() throws {
        let samples = try Samples()
        let inputs = [
            ("365 spaces behind the header", "\(header)    .\(payload)"),
            ("366 foreign characters behind the header", "\(header)####.\(payload)"),
            ("368 spaces before the payload", "\(header).    \(payload)"),
            ("369 foreign characters before the payload", "\(header).####\(payload)"),
            ("371 foreign character before the payload", "\(header).?\(payload)"),
            ("375 set bits behind the last byte", "\(header).AB"),
        ]
        for (name, input) in inputs {
            expectRefusal(name, try samples.platform.sign(input: input), samples: samples)
        }
    }

    @Test func `changes behind the signer's back are refused`() throws {
        let samples = try Samples()
        let signature = try signature(try samples.platform.sign(input: header + "." + payload))
        expectRefusal("372 inside the header", "\(header.dropLast())?9.\(payload).\(signature)", samples: samples)
        expectRefusal("373 behind the payload", "\(header).\(payload)?.\(signature)", samples: samples)
        let other = try self.signature(try samples.platform.sign(input: header + ".AA"))
        expectRefusal("374 set bits behind the last byte", "\(header).AB.\(other)", samples: samples)
    }
}

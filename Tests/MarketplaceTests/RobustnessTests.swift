import Marketplace
import Testing

/// Random changes to good input, always the same ones: nothing crashes and nothing slips through.
@Suite struct RobustnessTests {
    /// One to four bytes changed, left out, doubled or put in.
    private func mutate(_ bytes: [UInt8], _ random: inout SeededRandom) -> [UInt8] {
        let telling = Array("\"\\{}[],:.=-_+eE0159 ntfu\u{0}\n\u{7F}é".utf8)
        var bytes = bytes
        for _ in 0..<Int.random(in: 1...4, using: &random) {
            let index = bytes.isEmpty ? 0 : Int.random(in: 0..<bytes.count, using: &random)
            let isTelling = Bool.random(using: &random)
            let byte = isTelling ? telling.randomElement(using: &random) : UInt8.random(in: 0...255, using: &random)
            switch Int.random(in: 0..<4, using: &random) {
            case 0 where !bytes.isEmpty: bytes[index] = byte ?? 0
            case 1 where !bytes.isEmpty: bytes.remove(at: index)
            case 2: bytes.insert(contentsOf: bytes[index..<min(index + 8, bytes.count)], at: index)
            default: bytes.insert(byte ?? 0, at: index)
            }
        }
        return bytes
    }

    @Test func `no changed token is accepted`() throws {
        let samples = try Samples()
        var random = SeededRandom(state: 1)
        let good = Array(try samples.token(.webhook).utf8)
        for _ in 0..<4000 {
            let token = String(decoding: mutate(good, &random), as: UTF8.self)
            if Array(token.utf8) != good { #expect(samples.refusal(of: token) != nil, "\(token)") }
        }
    }

    @Test func `changed claims are read or refused`() throws {
        let samples = try Samples()
        var random = SeededRandom(state: 2)
        let claims = samples.claims("exp", .number("1e3")).map { (name: $0.0, value: $0.1) }
        let good = JSONValue.object(JSONObject(claims)).utf8
        for _ in 0..<300 {
            let token = try samples.platform.sign(
                header: mutate(Array(#"{"typ":"JWT","alg":"RS256"}"#.utf8), &random), payload: mutate(good, &random))
            _ = samples.refusal(of: token)
        }
    }

    @Test func `both readers agree about changed bodies, but for names that come twice and halves of pairs`() throws {
        var random = SeededRandom(state: 3)
        let good = Array(#"{"addonId":"a","n":[1.5e3,-0,true,null],"s":"\u00e9\uD83D\uDE00","x":[{"id":"é"}]}"#.utf8)
        let workspace = try #require(WorkspaceID("w"))
        var valid = 0
        for _ in 0..<20_000 {
            let body = mutate(good, &random)
            let isJSON = WebhookBody.inspect(body.span, for: workspace) != .notJSON
            switch Result(catching: { () throws(JSONError) in try StrictJSON.parse(body.span) }) {
            case .success(let value):
                #expect(isJSON)
                let again = try StrictJSON.parse(value.utf8.span)
                #expect(again.utf8 == value.utf8)
                valid += 1
            case .failure(.duplicateName): break
            case .failure(.invalidText): #expect(!isJSON || body.contains(UInt8(ascii: "\\")))
            case .failure: #expect(!isJSON)
            }
            _ = try? TokenRedaction.redactTokens(PayloadReader(body))  // Only a crash would be wrong.
            _ = try? Manifest(body)
        }
        #expect(valid > 100)
    }

    /// Whether a text holds what the slowest search calls a token.
    private func holdsToken(_ text: String, _ known: String) -> Bool {
        let letters = Set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)
        let bytes = Array(text.utf8)
        func begins(_ start: Int) -> Bool {
            let parts = bytes[start...].split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
            guard parts.count > 2, parts[0].allSatisfy(letters.contains), parts[1].allSatisfy(letters.contains) else {
                return false
            }
            let isWord = start == 0 || !letters.contains(bytes[start - 1])
            if isWord, parts[0].starts(with: "eyJ".utf8) { return true }
            let part = Array(parts[0])
            let header = String(decoding: Base64URL.decode(part.span) ?? [], as: UTF8.self)
            return header.wholeMatch(of: #/\{[" \t\r\n].*[} \t\r\n]|\{\}/#.dotMatchesNewlines()) != nil
        }
        return text.contains(known) || bytes.indices.contains(where: begins)
    }

    @Test func `no text that is left means a token, and what held none stands as it stood`() throws {
        let (token, known) = (try Samples().token(.webhook), "a~known+token")
        let outside = ["é", " ", "\"", "\\", "😀"]
        let halves = [String(token.prefix(60)), String(token.suffix(400)), "a~known", "+token"]
        let pieces = [token, known, "eyJ", "e30", ".", "x"] + halves
        var random = SeededRandom(state: 5)
        var (cut, gone) = (0, 0)
        for _ in 0..<500 {
            let parts = (0..<Int.random(in: 1...6, using: &random)).map { _ in
                (Bool.random(using: &random) ? pieces : outside).randomElement(using: &random) ?? ""
            }
            let text = parts.joined()
            let often = Int.random(in: 1...4, using: &random)
            var source = ""
            for scalar in text.unicodeScalars {
                if Int.random(in: 0..<often, using: &random) > 0, scalar != "\"", scalar != "\\" {
                    source.unicodeScalars.append(scalar)
                } else {
                    for unit in String(scalar).utf16 {
                        source += "\\u" + String(0x10000 + UInt32(unit), radix: 16).dropFirst()
                    }
                }
            }
            let body = Array(#"{"authToken":"\#(known)","a":"\#(source)"}"#.utf8)
            let rest = TokenRedaction.redactTokens(try PayloadReader(body))
            guard holdsToken(text, known) else {
                #expect(rest == Array(#"{"a":"\#(source)"}"#.utf8), "\(text)")
                continue
            }
            guard let left = try StrictJSON.parse(rest.span).object?["a"]?.string else {
                gone += 1
                continue
            }
            cut += 1
            #expect(!holdsToken(left, known), "\(text)")
            let kept = left.filter { outside.contains(String($0)) }
            #expect(kept == text.filter { outside.contains(String($0)) }, "\(text)")
        }
        #expect(cut > 20 && gone > 3, "\(cut) \(gone)")
    }
}

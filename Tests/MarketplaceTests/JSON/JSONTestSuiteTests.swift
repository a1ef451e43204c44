import Marketplace
import Testing

@Suite(.enabled(if: Vectors.isAvailable, Vectors.absent))
struct JSONTestSuiteTests {
    private func files(_ prefix: String) throws -> [(name: String, bytes: [UInt8])] {
        try Vectors.files(in: "JSONTestSuite").filter { $0.name.hasPrefix(prefix) && $0.name.hasSuffix(".json") }
    }

    private func isValid(_ bytes: [UInt8]) -> Bool {
        do throws(JSONError) {
            try JSONGrammar.validate(bytes.span, topLevel: "") { _ in }
            return true
        } catch {
            return false
        }
    }

    private func parses(_ bytes: [UInt8]) -> JSONError? {
        do throws(JSONError) {
            _ = try StrictJSON.parse(bytes.span)
            return nil
        } catch {
            return error
        }
    }

    @Test func `all 95 valid texts are accepted, save two with a duplicate name when read for access`() throws {
        let files = try files("y_")
        #expect(files.count == 95)
        var duplicates: [String] = []
        for (name, bytes) in files {
            #expect(isValid(bytes), "\(name)")
            guard let error = parses(bytes) else { continue }
            guard case .duplicateName = error else {
                Issue.record("\(name): \(error)")
                continue
            }
            duplicates.append(name)
        }
        #expect(duplicates == ["y_object_duplicated_key.json", "y_object_duplicated_key_and_value.json"])
    }

    @Test func `all 188 invalid texts are refused`() throws {
        let files = try files("n_")
        #expect(files.count == 188)
        for (name, bytes) in files {
            #expect(!isValid(bytes), "\(name)")
            #expect(parses(bytes) != nil, "\(name)")
            #expect(throws: PayloadError.notJSON, "\(name)") { try PayloadReader(bytes) }
        }
    }

    @Test
    func `of 35 undefined texts the grammar takes halves of pairs and depth, and no more than is read for access`()
        throws
    {
        let files = try files("i_")
        #expect(files.count == 35)
        for (name, bytes) in files {
            switch parses(bytes) {
            case nil: #expect(isValid(bytes), "\(name)")
            case .tooDeep: #expect(isValid(bytes), "\(name)")
            case .invalidText: #expect(isValid(bytes) == bytes.contains(UInt8(ascii: "\\")), "\(name)")
            case .malformed, .duplicateName: #expect(!isValid(bytes), "\(name)")
            }
        }
    }

    @Test func `valid texts are accepted as a member of signed claims`() throws {
        let samples = try Samples()
        for (name, bytes) in try files("y_") where !name.contains("duplicated") {
            let token = try samples.platform.sign(header: header, payload: claims(samples) + bytes + Array("}".utf8))
            #expect(samples.refusal(of: token) == nil, "\(name)")
        }
    }

    @Test func `invalid texts are refused as signed claims and as part of them`() throws {
        let samples = try Samples()
        for (name, bytes) in try files("n_") {
            let alone = try samples.platform.sign(header: header, payload: bytes)
            let refusal = try #require(samples.refusal(of: alone), "\(name)")
            #expect([.notJSON, .tooLong].contains(refusal), "\(name): \(refusal)")
            let part = try samples.platform.sign(header: header, payload: claims(samples) + bytes + Array("}".utf8))
            // A few become valid inside an object: two open ones, and text that ends the member and begins another.
            let isWhole = isValid(claims(samples) + bytes + Array("}".utf8))
            #expect(isWhole || samples.refusal(of: part) != nil, "\(name)")
        }
    }

    @Test func `undefined texts in signed claims are never a crash`() throws {
        let samples = try Samples()
        for (name, bytes) in try files("i_") {
            let token = try samples.platform.sign(header: header, payload: claims(samples) + bytes + Array("}".utf8))
            let refusal = samples.refusal(of: token)
            #expect((refusal == nil) == (parses(bytes) == nil), "\(name)")
        }
    }

    private let header = Array(#"{"alg":"RS256"}"#.utf8)

    /// Good claims up to the value of one more member.
    private func claims(_ samples: Samples) -> [UInt8] {
        let good = JSONValue.object(JSONObject(samples.claims("", nil).map { (name: $0.0, value: $0.1) }))
        return good.utf8.dropLast() + Array(#","more":"#.utf8)
    }
}

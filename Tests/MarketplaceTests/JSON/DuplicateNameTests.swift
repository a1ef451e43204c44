import Marketplace
import Testing

/// Names of few members are compared as they are written, those of many or with escapes by what they mean.
@Suite struct DuplicateNameTests {
    private func error(_ names: [String]) -> JSONError? {
        let text = "{" + names.map { #""\#($0)":{}"# }.joined(separator: ",") + "}"
        do throws(JSONError) {
            _ = try StrictJSON.parse(Array(text.utf8).span)
            return nil
        } catch {
            return error
        }
    }

    @Test(arguments: [1, 2, 15, 16, 17, 18, 40])
    func `each of the members before is found, escaped or not`(count: Int) {
        let plain = (0..<count).map { "n\($0)" }
        let escaped = (0..<count).map { #"\u006e\#($0)"# }
        #expect(error(plain) == nil)
        #expect(error(escaped) == nil)
        for index in 0..<count {
            for names in [plain, escaped] {
                let offset = 1 + names.reduce(0) { $0 + $1.utf8.count + 6 }
                #expect(error(names + [plain[index]]) == .duplicateName(offset: offset))
                #expect(error(names + [escaped[index]]) == .duplicateName(offset: offset))
            }
        }
    }

    @Test func `the first escape among plain names does not hide those before or after`() {
        #expect(error(["a", #"\u0062"#, "c"]) == nil)
        #expect(error(["a", #"\u0062"#, "a"]) != nil)
        #expect(error(["a", #"\u0062"#, "b"]) != nil)
        #expect(error(["a", #"\u0062"#, "c", "c"]) != nil)
    }

    @Test func `a name that is another's source is not that name`() {
        #expect(error([#"\\u0061"#, #"\u0061"#, #"\\\\u0061"#]) == nil)
        #expect(error(["", "a"]) == nil)
        #expect(error(["", ""]) != nil)
    }

    @Test func `the same name in objects inside and beside each other is none twice`() throws {
        _ = try StrictJSON.parse(Array(#"{"a":{"a":[{"a":1},{"a":2}]},"b":{"a":{}}}"#.utf8).span)
    }
}

import PostgresSupport
import Testing

@testable import PostgresStore

/// Values on their way to the server and back.
@Suite(.enabled(if: TestDatabase.isAvailable)) struct QueryTests {
    private static let texts = [
        "", "plain", "ünïcödé", "a\0b", "\u{10FFFF}", "\u{10FFFF}0", "\0\u{10FFFF}1", "{a,\"b\"}",
    ]

    @Test(arguments: texts) func `a text comes back as it went, with U+0000 in it too`(text: String) async throws {
        // Nobody else's before the end.
        let database = try TestDatabase()
        defer { withExtendedLifetime(database) {} }
        var link = try database.address.connect()
        let rows = try link.rows(Query("SELECT $1::text, ARRAY[$1::text, NULL, $1]", text))
        #expect(rows.first?.text(0) == text)
        #expect(rows.first?.texts(1) == [text, text])
    }

    @Test func `each text is stored as another`() {
        #expect(Set(Self.texts.map(TextEscape.stored)).count == Self.texts.count)
        #expect(Self.texts.allSatisfy { !TextEscape.stored($0).utf8.contains(0) })
    }

    @Test(arguments: [Int64.min, -1, 0, 1, .max]) func `a number comes back as it went`(number: Int64) async throws {
        // Nobody else's before the end.
        let database = try TestDatabase()
        defer { withExtendedLifetime(database) {} }
        var link = try database.address.connect()
        let rows = try link.rows(Query("SELECT $1::int8, $1::int8 & 32767, NULL::int8", number))
        #expect(rows.first?.int(0) == number)
        #expect(rows.first?.int(1) == number & 32767)
        #expect(rows.first?.intIfAny(2) == nil)
    }

    @Test func `columns of values come back in their order, with what is empty and what is none`() async throws {
        // Nobody else's before the end.
        let database = try TestDatabase()
        defer { withExtendedLifetime(database) {} }
        var link = try database.address.connect()
        let bytes: [[UInt8]?] = [[1, 2], nil, [], [0]]
        let rows = try link.rows(
            Query(
                "SELECT * FROM unnest($1::bytea[], $2::int8[], $3::bool[]) WITH ORDINALITY", Column(bytes),
                Column([1, nil, 3, 4] as [Int64?]), Column([true, false, true, false])))
        #expect(rows.map { $0.bytesIfAny(0) } == bytes)
        #expect(rows.map { $0.intIfAny(1) } == [1, nil, 3, 4])
        #expect(rows.map { $0.bool(2) } == [true, false, true, false])
        #expect(try link.rows(Query("SELECT unnest($1::int8[])", Column([] as [Int64]))).count == 0)
    }

    @Test func `what is refused is told by its code, and the link goes on`() async throws {
        // Nobody else's before the end.
        let database = try TestDatabase()
        defer { withExtendedLifetime(database) {} }
        var link = try database.address.connect()
        do throws(LinkFailure) {
            _ = try link.exchange([Query("SELECT 1"), Query("SELECT 1 / $1", Int64(0)), Query("SELECT 2")], within: 5)
            Issue.record("a division by zero has no answer")
        } catch {
            guard case .refused(code: "22012") = error else {
                Issue.record("\(error)")
                return
            }
        }
        #expect(try link.rows(Query("SELECT 2")).first?.int(0) == 2)
        // Prepared in the exchange that was undone, and used again.
        #expect(try link.rows(Query("SELECT 1 / $1", Int64(1))).first?.int(0) == 1)
    }

    @Test func `megabytes in both directions at once block nobody`() async throws {
        // Nobody else's before the end.
        let database = try TestDatabase()
        defer { withExtendedLifetime(database) {} }
        var link = try database.address.connect()
        let body = [UInt8](repeating: 7, count: 4 << 20)
        let queries = (0..<8).map { _ in Query("SELECT $1::bytea", body) }
        #expect(try link.exchange(queries, within: 30).allSatisfy { $0.first?.bytes(0).count == body.count })
    }
}

import Installations
import Sealing
import TestSupport
import Testing

@testable import Store

@Suite struct AuditWalkTests {
    private let chain = AuditChain(key: .random())
    private let now = TestClock().now

    private func records(_ count: Int) throws -> [AuditRecord] {
        var tail = AuditTail(after: nil, chain)
        return try (0..<count).map { number in
            try tail.append(
                AuditEntry(
                    at: now, actor: "system", action: "test", subject: "\(number)", outcome: "",
                    decides: number.isMultiple(of: 2) ? .deployment : nil))
        }
    }

    private func walk(
        _ records: [AuditRecord?], against kept: AuditHead? = nil, isIndexed: Bool = true
    ) -> String {
        var walk = AuditWalk(after: AuditHead(number: 0, hash: AuditChain.genesis), against: kept, chain)
        for record in records {
            if let verdict = walk.follow(record, isIndexed: isIndexed || record?.entry.decides == "") {
                return words(verdict)
            }
        }
        return words(walk.end())
    }

    private func words(_ verdict: AuditVerdict) -> String {
        switch verdict {
        case .intact(let records, let head): "\(records) intact, up to \(head)"
        case .broken(let number): "broken at \(number)"
        case .rewritten(let number): "rewritten at \(number)"
        case .truncated(let records): "truncated behind \(records)"
        case .forged(let records, _): "forged, \(records)"
        }
    }

    private func intact(_ records: [AuditRecord]) -> String {
        words(.intact(records: Int64(records.count), head: records.last?.hash ?? []))
    }

    @Test func `a whole log is intact, from its beginning or from behind a record`() throws {
        let records = try records(3)
        #expect(walk(records) == intact(records))
        var late = AuditWalk(after: AuditHead(number: 2, hash: records[1].hash), against: nil, chain)
        #expect(late.follow(records[2], isIndexed: true) == nil)
        #expect(words(late.end()) == intact(records))
    }

    @Test func `what was taken out, exchanged, added or made unreadable breaks it there`() throws {
        let records = try records(4)
        #expect(walk([records[0], records[2]]) == "broken at 2")
        #expect(walk([records[0], records[2], records[1]]) == "broken at 2")
        #expect(walk([records[0], records[0]]) == "broken at 2")
        #expect(walk([records[0], nil]) == "broken at 2")
        #expect(walk(records, isIndexed: false) == "broken at 1", "a record that decides is looked for in the index")
    }

    @Test func `a head kept elsewhere shows a log that was cut off or written anew`() throws {
        let records = try records(3)
        let head = AuditHead(number: 3, hash: records[2].hash)
        #expect(walk(records, against: head) == intact(records))
        #expect(walk(Array(records.dropLast()), against: head) == "truncated behind 2")
        #expect(walk(records, against: AuditHead(number: 2, hash: records[2].hash)) == "rewritten at 2")
    }

    @Test func `nothing is appended behind a number that no log reaches`() throws {
        var tail = AuditTail(after: AuditHead(number: .end, hash: AuditChain.genesis), chain)
        #expect(throws: StoreError.self) {
            try tail.append(AuditEntry(at: now, actor: "system", action: "test", outcome: ""))
        }
    }
}

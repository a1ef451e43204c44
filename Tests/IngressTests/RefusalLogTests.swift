import InMemoryLogging
import Logging
import NIOCore
import Testing

@testable import Ingress

@Suite struct RefusalLogTests {
    private let refusal = RefusalLog.Refusal(route: .webhook, status: .unauthorized, reason: "signature")
    private let start = NIODeadline.uptimeNanoseconds(1_000_000_000_000)

    @Test func `a flood of one reason is ten lines and a count`() {
        let lines = InMemoryLogHandler()
        let log = RefusalLog(logger: Logger(label: "test") { _ in lines })
        for _ in 0..<1000 { log.note(refusal, detail: nil, at: start) }
        #expect(lines.entries.count == 10)
        log.summarise(at: start + .milliseconds(999))
        #expect(lines.entries.count == 10)
        log.summarise(at: start + .seconds(1))
        #expect(lines.entries.count == 11)
        #expect(lines.entries.last?.metadata["count"]?.description == "990")
    }

    @Test func `the next period has its own lines and first says what is owed`() {
        let lines = InMemoryLogHandler()
        let log = RefusalLog(logger: Logger(label: "test") { _ in lines })
        for _ in 0..<12 { log.note(refusal, detail: nil, at: start) }
        log.note(refusal, detail: nil, at: start + .seconds(2))
        #expect(lines.entries.count == 12)
        #expect(lines.entries[10].metadata["count"]?.description == "2")
        log.summarise(at: start + .seconds(9))
        #expect(lines.entries.count == 12)
    }

    @Test func `many reasons at once are fifty lines in any second and one count`() {
        let lines = InMemoryLogHandler()
        let log = RefusalLog(logger: Logger(label: "test") { _ in lines })
        func flood(at moment: NIODeadline) {
            for number in 0..<100 {
                let refusal = RefusalLog.Refusal(route: .webhook, status: .unauthorized, reason: "reason \(number)")
                for _ in 0..<20 { log.note(refusal, detail: nil, at: moment) }
            }
        }
        flood(at: start)
        flood(at: start + .milliseconds(900))
        #expect(lines.entries.count == 49)
        log.summarise(at: start + .seconds(1))
        #expect(lines.entries.count == 49 + 50, "a second later: 49 summaries, and one line for the others")
        #expect(lines.entries.last?.message == "more lines about refusals left out")
        let counted = lines.entries.dropFirst(49).compactMap { $0.metadata["count"].flatMap { Int($0.description) } }
        #expect(counted.reduce(0, +) + 49 == 2 * 2000, "nothing is lost from the count")
    }

    @Test func `one reason does not hide another`() {
        let lines = InMemoryLogHandler()
        let log = RefusalLog(logger: Logger(label: "test") { _ in lines })
        for _ in 0..<20 { log.note(refusal, detail: nil, at: start) }
        let other = RefusalLog.Refusal(route: .lifecycle, status: .serviceUnavailable, reason: "store")
        let request = RequestName(run: 0xabc, connection: 7, request: 2)
        log.note(other, of: request, detail: "the store is away", at: start)
        let last = lines.entries.last
        let metadata = [
            "route": "lifecycle", "status": "503", "reason": "store", "detail": "the store is away",
            "request": "abc-7-2",
        ]
        #expect(last?.metadata.mapValues(\.description) == metadata)
        #expect(last?.level == .warning)
        #expect(lines.entries.first?.level == .notice)
    }
}

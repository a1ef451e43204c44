import Synchronization
import Testing

@testable import Innkeeper

@Suite struct CallBatchTests {
    @Test func `every request is sent once, and no more at once than allowed`() async throws {
        let seen = Mutex<(paths: [String], now: Int, most: Int)>(([], 0, 0))
        let tally = try await batch(count: 40, parallel: 3).send { request in
            seen.withLock {
                $0.paths.append(request.path)
                $0.now += 1
                $0.most = max($0.most, $0.now)
            }
            await Task.yield()
            seen.withLock { $0.now -= 1 }
            return .status(204)
        }
        #expect(tally.requests == 40 && tally.isAsExpected)
        #expect(Set(seen.withLock(\.paths)) == Set((0..<40).map { "/\($0)" }))
        #expect(seen.withLock(\.most) <= 3)
    }

    @Test func `another status, a body and a missing answer are not as expected`() async throws {
        for answer in [StandInClient.Reply.status(401), .statusWithBody(204), .none] {
            let tally = try await batch(count: 2, parallel: 1).send { $0.path == "/1" ? answer : .status(204) }
            #expect(!tally.isAsExpected)
        }
    }

    @Test func `a tally reads as a sentence`() {
        var tally = Tally(expected: 204)
        #expect(tally.description == "nothing sent")
        for answer in [StandInClient.Reply.status(204), .status(204), .status(401), .none] { tally.count(answer) }
        #expect(tally.description == "1 × 401, 1 × no answer, 2 × 204")
        #expect(tally.requests == 4)
    }

    @Test func `a batch without a server ends at once`() async {
        let error = SimulateError.noServer(url: "http://127.0.0.1:1")
        await #expect(throws: error) { try await batch(count: 1000, parallel: 2).send { _ in throw error } }
    }

    private func batch(count: Int, parallel: Int) -> CallBatch {
        CallBatch(title: "test", count: count, parallel: parallel, expected: 204) { index in
            StandInRequest(path: "/\(index)", headers: [], body: [])
        }
    }
}

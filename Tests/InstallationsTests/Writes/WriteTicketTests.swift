import Installations
import Synchronization
import Testing

@Suite(.timeLimit(.minutes(1))) struct WriteTicketTests {
    @Test func `what waits is withdrawn once, and never begun after that`() {
        let ticket = WriteTicket()
        #expect(ticket.withdraw())
        #expect(!ticket.withdraw())
        #expect(!ticket.begin())
        #expect(ticket.isWithdrawn)
    }

    @Test func `what has begun is not withdrawn, and keeps its claim through a second try`() {
        let ticket = WriteTicket()
        #expect(ticket.begin())
        #expect(!ticket.withdraw())
        #expect(ticket.begin(), "undone and tried again")
        #expect(!ticket.withdraw())
        #expect(!ticket.isWithdrawn)
    }

    @Test func `what wrote nothing after all may be withdrawn again`() {
        let ticket = WriteTicket()
        #expect(ticket.begin())
        #expect(ticket.release())
        #expect(ticket.withdraw())
        #expect(!ticket.begin())
    }

    @Test func `what wrote nothing after its deadline is withdrawn by that`() {
        let ticket = WriteTicket()
        #expect(ticket.begin())
        #expect(!ticket.withdraw())
        #expect(!ticket.release())
        #expect(ticket.isWithdrawn)
        #expect(!ticket.begin())
    }

    @Test func `a deadline and a writer that meet never both win, and one of them does`() async {
        for _ in 0..<2000 {
            let ticket = WriteTicket()
            async let begun = Task { ticket.begin() }.value
            async let withdrawn = Task { ticket.withdraw() }.value
            let (hasBegun, isWithdrawn) = await (begun, withdrawn)
            #expect(hasBegun != isWithdrawn)
        }
    }

    /// A ticket whose times are short, in force while `body` runs.
    private func timed<T: Sendable>(
        patience: Duration = .milliseconds(1), outcome: Duration = .milliseconds(1),
        _ write: @escaping @Sendable (WriteTicket) async -> Result<T, StoreError>
    ) async -> Result<T, StoreError> {
        let ticket = WriteTicket(times: .init(patience: patience, outcome: outcome))
        return await WriteTicket.$current.withValue(ticket) {
            do throws(StoreError) {
                return .success(try await WriteTicket.inTime { await write(ticket) })
            } catch {
                return .failure(error)
            }
        }
    }

    @Test func `a write that ends in time has its own outcome`() async {
        let done = await timed(patience: .seconds(600)) { ticket in
            ticket.begin() ? Result<Int, StoreError>.success(7) : .failure(.withdrawn)
        }
        guard case .success(7) = done else {
            Issue.record("\(done)")
            return
        }
        let failed = await timed(patience: .seconds(600)) { _ in Result<Int, StoreError>.failure(.noPrimaryKey) }
        guard case .failure(.noPrimaryKey) = failed else {
            Issue.record("\(failed)")
            return
        }
    }

    @Test func `a write that waits too long is given up and withdrawn`() async {
        let (ended, end) = AsyncStream.makeStream(of: Bool.self)
        let (gate, open) = AsyncStream.makeStream(of: Void.self)
        let given = await timed { ticket -> Result<Int, StoreError> in
            for await _ in gate { break }
            end.yield(ticket.begin())
            return .success(7)
        }
        guard case .failure(.withdrawn) = given else {
            Issue.record("\(given)")
            return
        }
        open.yield()
        // It goes on by itself, and finds that it may not write.
        #expect(await ended.first { _ in true } == false)
    }

    @Test func `a write that has begun and does not end is given up with an outcome that nobody knows`() async {
        let (gate, open) = AsyncStream.makeStream(of: Void.self)
        let (ended, end) = AsyncStream.makeStream(of: Bool.self)
        let given = await timed { ticket -> Result<Int, StoreError> in
            #expect(ticket.begin())
            for await _ in gate { break }
            end.yield(true)
            return .success(7)
        }
        guard case .failure(.outcomeUnknown) = given else {
            Issue.record("\(given)")
            return
        }
        open.yield()
        #expect(await ended.first { _ in true } == true, "what must follow a commit follows it")
    }

    @Test func `without a request nobody gives up`() async throws {
        let value = try await WriteTicket.inTime {
            try? await Task.sleep(for: .milliseconds(20))
            return Result<Int, StoreError>.success(7)
        }
        #expect(value == 7)
    }
}

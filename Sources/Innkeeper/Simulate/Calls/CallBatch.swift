/// Many requests of one kind, a few at a time.
struct CallBatch: Sendable {
    /// What the progress bar says.
    let title: String
    /// How many requests there are.
    let count: Int
    /// How many may be under way at once.
    let parallel: Int
    /// The status each should be answered with.
    let expected: Int
    /// Writes request number 0, 1 and so on. Called just before the request is sent, since lifecycle tokens expire and
    /// a thousand bodies need not be in memory at once.
    let request: @Sendable (Int) throws -> StandInRequest

    /// What sends one request.
    typealias Post = @Sendable (StandInRequest) async throws -> StandInClient.Reply

    /// Sends all of them.
    func send(_ post: @escaping Post) async throws -> Tally {
        let progress = ProgressBar(title: title, total: count)
        defer { progress.finish() }
        return try await withThrowingTaskGroup(of: StandInClient.Reply.self) { group in
            var tally = Tally(expected: expected)
            var started = 0
            while started < min(parallel, count) {
                add(started, to: &group, post)
                started += 1
            }
            while let answer = try await group.next() {
                tally.count(answer)
                progress.advance()
                guard started < count else { continue }
                add(started, to: &group, post)
                started += 1
            }
            return tally
        }
    }

    private func add(
        _ index: Int, to group: inout ThrowingTaskGroup<StandInClient.Reply, any Error>, _ post: @escaping Post
    ) {
        group.addTask { try await post(try request(index)) }
    }
}

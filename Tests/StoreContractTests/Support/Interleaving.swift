import Installations
import TestSupport

/// Two writes that meet: the first is held between what it loaded and what it writes, the second is asked for meanwhile.
///
/// An engine with one writer makes the second wait for it; one with more of them lets it run until it meets what the first has
/// locked. Either way it has not ended before the first goes on.
struct Interleaving {
    let test: StoreUnderTest

    /// - Returns: What became of both.
    func run<First: Sendable, Second: Sendable>(
        _ first: @escaping @Sendable () async throws -> First, _ second: @escaping @Sendable () async throws -> Second
    ) async throws -> (first: Result<First, any Error>, second: Result<Second, any Error>) {
        let (loaded, ended) = (Gate(), Gate(isOpen: true))
        test.engine.beforeApply { loaded.block() }
        let earlier = Task(operation: first)
        await loaded.arrived()
        let asked = test.engine.askedWrites
        let later = Task {
            let value = await Result(catching: second)
            await ended.pass()
            return value
        }
        while test.engine.askedWrites == asked { await Task.yield() }
        let hasEnded = ended.hasArrivals
        loaded.open()
        let result = (await earlier.result, await later.value)
        guard !hasEnded else { throw Overtaken() }
        return result
    }

    /// The second did not wait for the first, which had locked what it loaded.
    struct Overtaken: Error {}
}

extension Result where Failure == any Error {
    fileprivate init(catching body: () async throws -> Success) async {
        do {
            self = .success(try await body())
        } catch {
            self = .failure(error)
        }
    }
}

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
        let met = try await meet(first, second)
        guard !met.isOvertaken else { throw Overtaken() }
        return (met.first, met.second)
    }

    /// The same where the first is one call that loads nothing: with more than one writer nothing is locked before it, and the
    /// second may be done first.
    func meet<First: Sendable, Second: Sendable>(
        _ first: @escaping @Sendable () async throws -> First, _ second: @escaping @Sendable () async throws -> Second
    ) async throws -> (first: Result<First, any Error>, second: Result<Second, any Error>, isOvertaken: Bool) {
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
        while try !ended.hasArrivals && !test.isWriteWaiting() { await Task.yield() }
        let isOvertaken = ended.hasArrivals
        loaded.open()
        let result = (await earlier.result, await later.value)
        if isOvertaken, test.hasOneWriter { throw Overtaken() }
        return (result.0, result.1, isOvertaken)
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

import Glibc

/// What one operation costs: processor time, which a busy machine does not change much, and allocations.
struct Meter {
    /// Allocations of the process so far; nil unless the counting allocator (scripts/bench/allocations.c) is preloaded.
    private static func allocations() -> UInt64? {
        guard let counter = dlsym(nil, "bench_allocations") else { return nil }
        return unsafeBitCast(counter, to: (@convention(c) () -> UInt64).self)()
    }

    /// Nanoseconds of processor time of the whole process: work handed to another thread counts.
    private static func processorNanoseconds() -> UInt64 {
        UInt64(clock()) * 1_000_000_000 / UInt64(CLOCKS_PER_SEC)
    }

    /// Prints the median of five rounds of `count` operations. `operations` is how many one call of `body` does.
    static func measure(
        _ name: String, count: Int, operations: Int = 1, _ body: () async throws -> Void
    ) async throws {
        for _ in 0..<max(1, count / 10) { try await body() }
        var rounds: [UInt64] = []
        let before = allocations()
        for _ in 0..<5 {
            let start = processorNanoseconds()
            for _ in 0..<count { try await body() }
            rounds.append(processorNanoseconds() - start)
        }
        let done = UInt64(count * operations)
        let nanoseconds = rounds.sorted()[2] / done
        let allocated = allocations().flatMap { after in before.map { Double(after - $0) / Double(5 * done) } }
        print(
            name, nanoseconds, allocated.map { String(describing: ($0 * 100).rounded() / 100) } ?? "-", separator: "\t")
    }
}

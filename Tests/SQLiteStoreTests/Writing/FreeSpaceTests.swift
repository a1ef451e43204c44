import Installations
import Synchronization
import TestSupport
import Testing

@testable import SQLiteStore
@testable import Store

@Suite struct FreeSpaceTests {
    /// A file system as a test says it is.
    private final class Disk: Sendable {
        let free = Mutex(1 << 40)
        let reusable = Mutex(0)
        let total: Int

        init(total: Int) { self.total = total }

        func space(reserve: Int? = nil) -> FreeSpace {
            FreeSpace(reserve: reserve) { [self] in
                FreeSpace.Sample(free: free.withLock { $0 }, total: total) { [self] in reusable.withLock { $0 } }
            }
        }
    }

    private func isLow(_ space: FreeSpace, _ disk: Disk, free: Int) -> Bool {
        disk.free.withLock { $0 = free }
        space.look()
        return space.isLow
    }

    @Test func `by default a twentieth of the file system is kept, and at most 256 MiB`() {
        let small = Disk(total: 1 << 30)
        #expect(!isLow(small.space(), small, free: (1 << 30) / 20))
        #expect(isLow(small.space(), small, free: (1 << 30) / 20 - 1))
        let large = Disk(total: 1 << 40)
        #expect(!isLow(large.space(), large, free: 256 << 20))
        #expect(isLow(large.space(), large, free: (256 << 20) - 1))
    }

    @Test func `a setting counts instead, and 0 keeps nothing`() {
        let disk = Disk(total: 1 << 30)
        #expect(isLow(disk.space(reserve: 1 << 30), disk, free: (1 << 30) - 1))
        #expect(!isLow(disk.space(reserve: 0), disk, free: 0))
    }

    @Test func `space within the file counts, but the log needs some of the file system`() {
        let disk = Disk(total: 1 << 40)
        let space = disk.space()
        #expect(isLow(space, disk, free: 100 << 20))
        disk.reusable.withLock { $0 = 156 << 20 }
        #expect(!isLow(space, disk, free: 100 << 20))
        disk.reusable.withLock { $0 = 1 << 40 }
        #expect(isLow(space, disk, free: 15 << 20))
    }

    @Test func `whoever asks has it looked at again, though not each time`() async {
        let disk = Disk(total: 1 << 40)
        let looks = Atomic(0)
        let time = Atomic(0)
        let space = FreeSpace(reserve: nil, now: { time.load(ordering: .relaxed) }) {
            looks.add(1, ordering: .relaxed)
            return FreeSpace.Sample(free: disk.free.withLock { $0 }, total: disk.total)
        }
        // The first look is that of the opening, the second the first question's.
        for (free, expected) in [(1 << 40, 2), (0, 3), (1 << 40, 4)] {
            disk.free.withLock { $0 = free }
            for _ in 0..<100 { _ = space.isEnough }
            while space.isEnough != (free > 0) { await Task.yield() }
            while looks.load(ordering: .relaxed) < expected { await Task.yield() }
            for _ in 0..<100 { _ = space.isEnough }
            #expect(looks.load(ordering: .relaxed) == expected)
            time.add(FreeSpace.pace, ordering: .relaxed)
        }
    }

    @Test func `with too little space lifecycle calls commit`() async throws {
        let platform = try TestPlatform()
        let test = try TestStore(minFreeBytes: 1 << 50)
        #expect(!test.store.hasSpace)
        let id = try platform.id()
        let install = platform.call(id, try platform.install(id), at: TestClock().now)
        #expect(try await test.store.perform(install) == .create)
        let finding = await test.store.findings(at: TestClock().now).first { $0.name == "free space" }
        #expect(finding?.status == .fail)
    }

    @Test func `with too little space the log is used again soon instead of growing`() async throws {
        let platform = try TestPlatform()
        let clock = TestClock()
        func log(after calls: Int, minFreeBytes: Int) async throws -> Int64 {
            let test = try TestStore(minFreeBytes: minFreeBytes)
            let id = try platform.id()
            for number in 0..<calls {
                let change = number == 0 ? try platform.install(id) : .statusChanged("ACTIVE")
                _ = try await test.store.perform(platform.call(id, change, at: clock.now))
            }
            return try await test.store.sample().bytes["log"] ?? 0
        }
        let (low, ample) = (
            try await log(after: 100, minFreeBytes: 1 << 50), try await log(after: 100, minFreeBytes: 0)
        )
        #expect(low < 1 << 20 && ample > 2 * low)
    }
}

import Installations
import Testing

@testable import Webhooks

@Suite struct ReadyQueueTests {
    private func queue(
        fresh: ClosedRange<InstallationNumber>, failed: ClosedRange<InstallationNumber>? = nil
    ) -> ReadyQueue {
        var queue = ReadyQueue()
        for stream in fresh { _ = queue.offer(stream, hasFailed: false) }
        for stream in failed.map({ Array($0) }) ?? [] { _ = queue.offer(stream, hasFailed: true) }
        return queue
    }

    private let start = ContinuousClock.now

    private func later(_ milliseconds: Int64) -> ContinuousClock.Instant { start + .milliseconds(milliseconds) }

    @Test func `streams take turns`() {
        var queue = queue(fresh: 1...3)
        let first = queue.claim(1, in: .unbounded, at: start)
        let waitsAgain = queue.finish(1, hasMore: true)
        let rest = queue.claim(10, in: .unbounded, at: start)
        #expect(first == [1] && waitsAgain && rest == [2, 3, 1])
    }

    @Test func `a stream is in one place only`() {
        var queue = queue(fresh: 1...1)
        let isNewWhileWaiting = queue.offer(1, hasFailed: false)
        let taken = queue.claim(5, in: .unbounded, at: start)
        let isNewWhileTaken = queue.offer(1, hasFailed: false)
        let again = queue.claim(5, in: .unbounded, at: start)
        #expect(!isNewWhileWaiting && !isNewWhileTaken && taken == [1] && again == [])
        #expect(queue.underWay == 1)
    }

    @Test func `what arrives while a stream is under way is not lost`() {
        var queue = queue(fresh: 1...1)
        _ = queue.claim(1, in: .unbounded, at: start)
        _ = queue.offer(1, hasFailed: false)
        let waitsAgain = queue.finish(1, hasMore: false)
        let taken = queue.claim(1, in: .unbounded, at: start)
        let waitsOnceMore = queue.finish(1, hasMore: false)
        #expect(waitsAgain && taken == [1] && !waitsOnceMore && queue.count == 0)
    }

    @Test func `slow streams get at most half of the places, and none waits for those of another pace`() {
        var queue = queue(fresh: 1...100, failed: 101...200)
        let taken = queue.claim(20, in: Room(starting: 20, places: 20), at: start)
        #expect(taken.count { $0 > 100 } == 7 && taken.count == 15, "a quarter is nobody's who is not known")
        for stream in taken where stream <= 100 { _ = queue.finish(stream, hasMore: false) }
        let next = queue.claim(20, in: Room(starting: 20, places: 20), at: start)
        #expect(next.count { $0 > 100 } == 3 && next.count == 8)
        for stream in next where stream <= 100 { _ = queue.finish(stream, hasMore: false) }
        let last = queue.claim(20, in: Room(starting: 20, places: 20), at: start)
        #expect(last.count == 5 && last.allSatisfy { $0 <= 100 })
    }

    @Test func `what is overdue takes a place but does not hold up that others begin`() {
        var queue = queue(fresh: 1...100)
        let room = Room(starting: 4, places: 20)
        let (first, second) = (queue.claim(64, in: room, at: start), queue.claim(64, in: room, at: later(499)))
        let third = queue.claim(64, in: room, at: later(500))
        #expect(first == [1, 2, 3, 4] && second == [] && third == [5, 6, 7, 8])
    }

    @Test func `the last quarter is for those who were quick, half of it for those answered while others were not`() {
        var queue = queue(fresh: 1...15)
        let room = Room(starting: 100, places: 20)
        let shared = queue.claim(20, in: room, at: start)
        for stream in InstallationNumber(41)...44 {
            queue.note(.quick, of: stream, at: later(-3))
            _ = queue.offer(stream, hasFailed: false)
        }
        let quick = queue.claim(3, in: room, at: start)
        #expect(shared.count == 15 && quick == [41, 42, 43])
        for (stream, answered) in [(51, -2), (52, -1), (50, 100)] as [(InstallationNumber, Int64)] {
            queue.note(.quick, of: stream, at: later(answered))
            _ = queue.offer(stream, hasFailed: false)
        }
        _ = queue.offer(60, hasFailed: false)
        // The two that were quick before the trouble stand in front, and might be as silent as the others are now.
        let taken = queue.claim(20, in: room, at: later(1_000))
        #expect(taken == [50])
        for stream in InstallationNumber(1)...15 { _ = queue.finish(stream, hasMore: false) }
        let others = queue.claim(20, in: room, at: later(1_000))
        #expect(others == [60, 44, 51, 52], "they are not forgotten")
    }

    @Test func `streams go on in turn whatever their pace`() {
        var queue = queue(fresh: 1...50, failed: 101...150)
        for stream in InstallationNumber(201)...250 {
            queue.note(.quick, of: stream, at: start)
            _ = queue.offer(stream, hasFailed: false)
        }
        var taken: [InstallationNumber] = []
        for _ in 1...9 {
            let one = queue.claim(1, in: Room(starting: 1, places: 8), at: start)
            taken += one
            for stream in one { _ = queue.finish(stream, hasMore: false) }
        }
        #expect(taken == [201, 1, 101, 202, 2, 102, 203, 3, 103])
    }

    @Test func `a probe is a stream that was answered, or one that has not failed, if there is one`() {
        var queue = queue(fresh: 1...1, failed: 101...102)
        queue.note(.quick, of: 7, at: start)
        _ = queue.offer(7, hasFailed: true)
        let room = Room(starting: .max, places: 128, guests: .probe)
        let probes = (1...3).flatMap { _ in queue.claim(1, in: room, at: start) }
        #expect(probes == [7, 1, 101])
    }

    @Test func `while a target is thought to be down those who were quick may go`() {
        var queue = queue(fresh: 1...3, failed: 101...102)
        queue.note(.quick, of: 7, at: start)
        _ = queue.offer(7, hasFailed: false)
        let taken = queue.claim(9, in: Room(starting: 4, places: 128, guests: .onlyQuick), at: start)
        #expect(taken == [7])
    }

    @Test func `a full queue asks for what it left out, once it has room`() {
        var queue = ReadyQueue()
        for stream in InstallationNumber(1)...InstallationNumber(Int64(ReadyQueue.capacity)) {
            _ = queue.offer(stream, hasFailed: false)
        }
        let fits = queue.offer(-1, hasFailed: false)
        #expect(!fits && queue.count == ReadyQueue.capacity && queue.isShort)
        let isTooEarly = queue.wantsRefill()
        for stream in queue.claim(ReadyQueue.capacity / 2 + 1, in: .unbounded, at: start) {
            _ = queue.finish(stream, hasMore: false)
        }
        let (isTime, isOnceOnly) = (queue.wantsRefill(), !queue.wantsRefill())
        #expect(!isTooEarly && isTime && isOnceOnly)
    }
}

@Suite struct FIFOTests {
    @Test func `elements come out in the order in which they went in`() {
        var fifo = FIFO<Int>()
        var (next, expected) = (0, 0)
        for round in 0..<200 {
            for _ in 0..<(round % 40) {
                fifo.append(next)
                next += 1
            }
            for _ in 0..<(round % 37) {
                guard let element = fifo.popFirst() else { break }
                #expect(element == expected)
                expected += 1
            }
        }
        #expect(fifo.count == next - expected)
        while let element = fifo.popFirst() {
            #expect(element == expected)
            expected += 1
        }
        #expect(expected == next && fifo.isEmpty)
    }
}

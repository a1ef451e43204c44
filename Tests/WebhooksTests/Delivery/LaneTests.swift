import Testing

@testable import Webhooks

@Suite struct LaneTests {
    private func lane(fresh: ClosedRange<Int64>, failed: ClosedRange<Int64>? = nil) -> Lane {
        var lane = Lane()
        for stream in fresh { _ = lane.offer(stream, hasFailed: false) }
        for stream in failed.map(Array.init) ?? [] { _ = lane.offer(stream, hasFailed: true) }
        return lane
    }

    @Test func `streams take turns`() {
        var lane = lane(fresh: 1...3)
        let first = lane.take(1, of: 4)
        let waitsAgain = lane.finish(1, hasMore: true)
        let rest = lane.take(10, of: 10)
        #expect(first == [1] && waitsAgain && rest == [2, 3, 1])
    }

    @Test func `a stream is in one place only`() {
        var lane = lane(fresh: 1...1)
        let isNewWhileWaiting = lane.offer(1, hasFailed: false)
        let taken = lane.take(5, of: 10)
        let isNewWhileTaken = lane.offer(1, hasFailed: false)
        let again = lane.take(5, of: 10)
        #expect(!isNewWhileWaiting && !isNewWhileTaken && taken == [1] && again == [])
        #expect(lane.underWay == 1)
    }

    @Test func `what arrives while a stream is under way is not lost`() {
        var lane = lane(fresh: 1...1)
        _ = lane.take(1, of: 10)
        _ = lane.offer(1, hasFailed: false)
        let waitsAgain = lane.finish(1, hasMore: false)
        let taken = lane.take(1, of: 10)
        let waitsOnceMore = lane.finish(1, hasMore: false)
        #expect(waitsAgain && taken == [1] && !waitsOnceMore && lane.count == 0)
    }

    @Test func `failing streams get at most half of the places`() {
        var lane = lane(fresh: 1...100, failed: 101...200)
        let taken = lane.take(20, of: 20)
        #expect(taken.count == 20 && taken.count { $0 > 100 } == 10)
        for stream in taken where stream <= 100 { _ = lane.finish(stream, hasMore: false) }
        // The failing ones are still under way: their half is full.
        let next = lane.take(10, of: 20)
        #expect(next.count == 10 && next.allSatisfy { $0 <= 100 })
    }

    @Test func `failing streams alone get half of the places as well`() {
        var lane = lane(fresh: 1...1, failed: 101...200)
        _ = lane.take(1, of: 20)
        let taken = lane.take(20, of: 20)
        #expect(taken.count == 10)
    }

    @Test func `a probe is a stream that has not failed, if there is one`() {
        var lane = lane(fresh: 1...1, failed: 101...102)
        let (first, second) = (lane.take(1, of: 1), lane.take(1, of: 1))
        #expect(first == [1] && second == [101])
    }

    @Test func `a full lane asks for what it left out, once it has room`() {
        var lane = Lane()
        for stream in 1...Int64(Lane.capacity) { _ = lane.offer(stream, hasFailed: false) }
        let fits = lane.offer(-1, hasFailed: false)
        #expect(!fits && lane.count == Lane.capacity && lane.isShort)
        let isTooEarly = lane.wantsRefill()
        for stream in lane.take(Lane.capacity / 2 + 1, of: .max) { _ = lane.finish(stream, hasMore: false) }
        let (isTime, isOnceOnly) = (lane.wantsRefill(), !lane.wantsRefill())
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

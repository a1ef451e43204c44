import Dispatch
import Synchronization
import Testing

@testable import Innkeeper

@Suite struct LineQueueTests {
    /// A stream whose reader is slow: each write waits until it is let go.
    private final class Stream: Sendable {
        private let text = Mutex("")
        private let mayWrite = DispatchSemaphore(value: 0)
        let begun = DispatchSemaphore(value: 0)
        let dropped = Atomic(0)
        var written: String { text.withLock { $0 } }

        func queue(_ limits: LineQueue.Limits) -> LineQueue {
            LineQueue(limits: limits, dropped: { self.dropped.add($0, ordering: .relaxed) }) {
                line throws(OutputError) in
                self.begun.signal()
                self.mayWrite.wait()
                if line == Array("bad\n".utf8) { throw .failed(errno: 28) }
                self.text.withLock { $0 += String(decoding: line, as: UTF8.self) }
            }
        }

        func letGo(_ writes: Int) { for _ in 0..<writes { mayWrite.signal() } }
    }

    private func put(_ text: String, _ queue: LineQueue) {
        queue.put(Array("\(text)\n".utf8)) { Array("dropped \($0)\n".utf8) }
    }

    @Test func `whoever logs never waits, and what does not fit is dropped and told when lines go out again`() {
        let stream = Stream()
        let queue = stream.queue(LineQueue.Limits(lines: 2, bytes: 1000))
        put("first", queue)
        stream.begun.wait()
        // The writer hangs in the first line: of these two wait, and the others are dropped.
        for number in 1...5 { put("\(number)", queue) }
        #expect(stream.dropped.load(ordering: .relaxed) == 3)
        stream.letGo(4)
        #expect(queue.flush(within: .seconds(60)))
        #expect(stream.written == "first\n1\n2\ndropped 3\n")
    }

    @Test func `bytes are bounded as well`() {
        let stream = Stream()
        let queue = stream.queue(LineQueue.Limits(lines: 100, bytes: 10))
        put("x", queue)
        stream.begun.wait()
        put("123456", queue)
        put("123456", queue)
        #expect(stream.dropped.load(ordering: .relaxed) == 1)
        stream.letGo(3)
        #expect(queue.flush(within: .seconds(60)))
    }

    @Test func `at the end nobody waits for a reader that does not come`() {
        let stream = Stream()
        let queue = stream.queue(LineQueue.Limits())
        put("x", queue)
        stream.begun.wait()
        #expect(!queue.flush(within: .milliseconds(10)))
        stream.letGo(1)
    }

    @Test func `a line that cannot be written is counted and the next ones go on`() {
        let stream = Stream()
        let queue = stream.queue(LineQueue.Limits())
        put("bad", queue)
        put("good", queue)
        stream.letGo(2)
        #expect(queue.flush(within: .seconds(60)))
        #expect(stream.written == "good\n")
        #expect(stream.dropped.load(ordering: .relaxed) == 1)
    }
}

import Synchronization
import Testing

@testable import Innkeeper

@Suite struct ProgressBarTests {
    /// A bar with a clock that is set and a screen that is kept.
    private final class Bed: Sendable {
        let time = Mutex(Duration.zero)
        let screen = Mutex("")

        func bar(isTerminal: Bool, total: Int = 100) -> ProgressBar {
            ProgressBar(
                title: "work", total: total, terminal: Terminal(isTerminal: isTerminal, width: isTerminal ? 80 : nil),
                elapsed: { self.time.withLock { $0 } }, write: { text in self.screen.withLock { $0 += text } })
        }

        var text: String { screen.withLock { $0 } }

        func set(_ time: Duration) { self.time.withLock { $0 = time } }
    }

    @Test func `short work draws nothing`() {
        let bed = Bed()
        let bar = bed.bar(isTerminal: true)
        for _ in 0..<50 { bar.advance() }
        bar.finish()
        #expect(bed.text == "")
    }

    @Test func `long work shows done, total, rate and what is left, and cleans up`() {
        let bed = Bed()
        let bar = bed.bar(isTerminal: true)
        bar.advance(by: 39)
        bed.set(.seconds(4))
        bar.advance()
        #expect(bed.text.contains("work [########............] 40/100, 10/s, 6s left"))
        bar.finish()
        bar.finish()
        bar.advance()
        #expect(bed.text.hasSuffix("left\u{1B}[K\r\u{1B}[K"))
    }

    @Test func `it is drawn at most five times a second`() {
        let bed = Bed()
        let bar = bed.bar(isTerminal: true)
        bed.set(.seconds(3))
        for _ in 0..<20 { bar.advance() }
        #expect(bed.text.count(where: { $0 == "\r" }) == 1)
    }

    @Test func `without a terminal nothing is drawn`() {
        let bed = Bed()
        let bar = bed.bar(isTerminal: false)
        bed.set(.seconds(60))
        bar.advance()
        bar.finish()
        #expect(bed.text == "")
    }

    @Test func `more steps than announced and no total at all do no harm`() {
        let bed = Bed()
        let bar = bed.bar(isTerminal: true, total: 0)
        bed.set(.seconds(3))
        bar.advance(by: 5)
        #expect(bed.text.contains("5/0"))
    }
}

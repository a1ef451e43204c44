import Foundation
import Glibc
import Synchronization

/// Everything that comes out of a pipe, kept as it comes.
final class Capture: Sendable {
    private struct State {
        var bytes: [UInt8] = []
        var isComplete = false
        var waiting: [CheckedContinuation<Void, Never>] = []
    }

    private let state = Mutex(State())

    /// Reads from `descriptor` until its end, on a thread of its own, and closes it.
    init(reading descriptor: Int32) {
        Thread.detachNewThread {
            var chunk = [UInt8](repeating: 0, count: 64 << 10)
            while true {
                let count = read(descriptor, &chunk, chunk.count)
                if count < 0, errno == EINTR { continue }
                self.change { state in
                    if count > 0 { state.bytes += chunk[..<count] } else { state.isComplete = true }
                }
                if count <= 0 { break }
            }
            close(descriptor)
        }
    }

    /// What has come so far.
    var bytes: [UInt8] { state.withLock { $0.bytes } }

    /// What has come so far, as text.
    var text: String { String(decoding: bytes, as: UTF8.self) }

    /// Everything, once the other end is closed.
    func complete() async -> [UInt8] {
        await wait { $0.isComplete }
        return bytes
    }

    /// The first line without its line feed; nil when the output ended before one.
    func firstLine() async -> String? {
        let lineFeed = UInt8(ascii: "\n")
        await wait { $0.isComplete || $0.bytes.contains(lineFeed) }
        let bytes = bytes
        return bytes.firstIndex(of: lineFeed).map { String(decoding: bytes[..<$0], as: UTF8.self) }
    }

    private func wait(_ isEnough: @Sendable (borrowing State) -> Bool) async {
        while !state.withLock({ isEnough($0) }) {
            await withCheckedContinuation { continuation in
                let isEnoughNow = state.withLock { state in
                    if isEnough(state) { return true }
                    state.waiting.append(continuation)
                    return false
                }
                if isEnoughNow { continuation.resume() }
            }
        }
    }

    private func change(_ body: (inout State) -> Void) {
        let waiting = state.withLock { state in
            body(&state)
            defer { state.waiting = [] }
            return state.waiting
        }
        for continuation in waiting { continuation.resume() }
    }
}

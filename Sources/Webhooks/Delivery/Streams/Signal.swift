/// Wakes one task; several wakings before it looks are one.
package struct Signal: Sendable {
    /// Yields once for all wakings since the last.
    package let wakings: AsyncStream<Void>
    private let continuation: AsyncStream<Void>.Continuation

    /// A signal that has not been woken.
    package init() {
        (wakings, continuation) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    /// Wakes; returns at once.
    package func wake() {
        continuation.yield()
    }

    /// Ends the wakings.
    package func finish() {
        continuation.finish()
    }
}

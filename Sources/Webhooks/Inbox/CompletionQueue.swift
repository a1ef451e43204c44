/// Where the outcomes of a batch are told. Those who wait on one thread are told together: waking it once for each of
/// them, while it keeps falling asleep again, would cost more than committing the event.
package protocol CompletionQueue: Sendable {
    /// The same for all that share a thread.
    var identity: ObjectIdentifier { get }

    /// Runs `work` soon. Returns at once.
    func enqueue(_ work: @escaping @Sendable () -> Void)
}

/// Tells at once, on the thread that knows.
package struct ImmediateCompletion: CompletionQueue {
    /// The one there is.
    package init() {}

    package var identity: ObjectIdentifier { ObjectIdentifier(ImmediateCompletion.self) }

    package func enqueue(_ work: @escaping @Sendable () -> Void) { work() }
}

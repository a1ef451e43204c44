import NIOCore
import Webhooks

/// Answers of one event loop are told together.
struct LoopCompletion: CompletionQueue {
    let eventLoop: any EventLoop

    var identity: ObjectIdentifier { ObjectIdentifier(eventLoop) }

    func enqueue(_ work: @escaping @Sendable () -> Void) { eventLoop.execute(work) }
}

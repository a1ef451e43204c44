import NIOCore
import NIOHTTPTypes

/// Parts of requests that a client has sent before it got the answer to the one before.
struct HeldParts {
    private let maxBytes: Int
    private var parts = CircularBuffer<HTTPRequestPart>()
    private var bytes = 0

    /// At most so many bytes.
    init(maxBytes: Int) { self.maxBytes = maxBytes }

    var isEmpty: Bool { parts.isEmpty }

    /// Adds a part; false, and then nothing is held, when they are too many.
    mutating func append(_ part: HTTPRequestPart) -> Bool {
        // A part costs memory beside its bytes.
        bytes += 1024
        if case .body(let content) = part { bytes += content.readableBytes }
        guard bytes <= maxBytes else {
            parts.removeAll()
            return false
        }
        parts.append(part)
        return true
    }

    /// The first part, taken out.
    mutating func popFirst() -> HTTPRequestPart? {
        defer { if parts.isEmpty { bytes = 0 } }
        return parts.popFirst()
    }

    mutating func removeAll() { parts.removeAll() }
}

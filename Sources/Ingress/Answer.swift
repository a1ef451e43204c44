import Installations
import Marketplace
import NIOCore
import NIOHTTP1
import Webhooks

/// What a request is answered with. The body is empty except for a manifest and the words of the health checks:
/// the platform shows response bodies to workspace admins (contract.md section 2).
struct Answer: Sendable {
    /// Every status this listener sends.
    enum Status: Int, CaseIterable, Sendable {
        case ok = 200
        case noContent = 204
        case badRequest = 400
        case unauthorized = 401
        case notFound = 404
        case methodNotAllowed = 405
        case requestTimeout = 408
        case conflict = 409
        case contentTooLarge = 413
        case headerFieldsTooLarge = 431
        case serviceUnavailable = 503
    }

    let status: Status
    /// Why, as a closed word for the log and the metric; nil for a success.
    var reason: String?
    /// What a person who reads the log needs beside the word. Safe to print: nothing a request brought but
    /// the names of a genuine token's claims, printable and bounded.
    var detail: String?
    /// Seconds after which another try makes sense.
    var retryAfter: Int?
    /// The methods a path knows.
    var allow: String?
    var body: ByteBuffer?
    var contentType: String?
    /// Whether the connection cannot go on: what follows on it is not known to be a request.
    var closes = false
    /// Whether nothing may be said: every status would claim what nobody knows.
    var isSilent = false
}

extension Answer {
    static let accepted = Answer(status: .noContent)

    static func badRequest(_ reason: String, detail: String? = nil) -> Answer {
        Answer(status: .badRequest, reason: reason, detail: detail)
    }

    /// The same answer whatever the reason.
    static func unauthorized(_ reason: String) -> Answer {
        Answer(status: .unauthorized, reason: reason)
    }

    static func unauthorized(_ refusal: LifecycleRefusal) -> Answer {
        Answer(status: .unauthorized, reason: refusal.label, detail: refusal.detail)
    }

    static let notFound = Answer(status: .notFound, reason: "unknown_path")

    static func methodNotAllowed(allow: String) -> Answer {
        Answer(status: .methodNotAllowed, reason: "method", allow: allow)
    }

    static func unavailable(_ reason: String, detail: String? = nil, retryAfter: Int = 2) -> Answer {
        Answer(status: .serviceUnavailable, reason: reason, detail: detail, retryAfter: retryAfter)
    }

    /// The connection closes without an answer: something may have been committed or not.
    static let outcomeUnknown = Answer(
        status: .serviceUnavailable, reason: "outcome_unknown", closes: true, isSilent: true)

    /// A store that did not do what it was asked.
    init(_ error: StoreError) {
        switch error {
        case .outcomeUnknown: self = .outcomeUnknown
        case .withdrawn: self = .deadline
        default: self = .unavailable("store", detail: error.description)
        }
    }

    /// The request has had its time, and nothing was committed.
    static let deadline = unavailable("deadline")

    static func text(_ word: String) -> Answer {
        Answer(status: .ok, body: ByteBuffer(string: word), contentType: "text/plain")
    }

    /// The one refusal with a body: an operator's probe reads the word.
    static func notReady(_ word: String) -> Answer {
        Answer(
            status: .serviceUnavailable, reason: "not_ready", detail: word, retryAfter: 2,
            body: ByteBuffer(string: word), contentType: "text/plain")
    }

    static func manifest(_ bytes: ByteBuffer) -> Answer {
        Answer(status: .ok, body: bytes, contentType: "application/json")
    }

    /// This answer, after which the connection closes.
    var closing: Answer {
        var answer = self
        answer.closes = true
        return answer
    }

    init(_ answer: WebhookAnswer) {
        switch answer {
        case .accepted: self = .accepted
        case .notJSON: self = .badRequest("body_not_json")
        case .refused(let refusal): self = .unauthorized(refusal.label)
        case .full(let bound): self = .unavailable(bound.rawValue, retryAfter: 5)
        case .unavailable(let error): self.init(error)
        }
    }

    init(_ answer: LifecycleAnswer) {
        switch answer {
        case .committed: self = .accepted
        case .conflict: self = Answer(status: .conflict, reason: "already_ended")
        case .malformed(let error): self = .badRequest("body_malformed", detail: error.description)
        case .refused(let refusal): self = .unauthorized(refusal)
        case .tooMany: self = .unavailable("lifecycle_rate", retryAfter: 60)
        case .unavailable(let error): self.init(error)
        }
    }
}

import HTTPTypes
import Hummingbird
import Installations
import Sealing

/// Every way an operator request fails: a closed code and a sentence that is safe to show to whoever asks.
enum OperatorError: Error {
    case badRequest(String)
    case unauthorized
    /// A webhook that a gateway asked about, in the form in which the status is the answer.
    case notGenuine
    case forbidden(Scope)
    case bound
    case localOnly
    /// Asked under a name that the console does not answer to.
    case misdirected
    /// A form that was made for another session.
    case staleForm
    case notFound(String)
    case methodNotAllowed(allow: [String])
    case conflict(String)
    case rateLimited(retryAfter: Int)
    /// Too much is being read at once.
    case busy
    case store(StoreError)
    /// The disk under a key file or a draft does not take it.
    case noRoom(String)
    /// What was asked for is given up, as the server stops.
    case stopping
    case failed(String)
    case http(HTTPResponse.Status)
    case `internal`

    var status: HTTPResponse.Status {
        switch self {
        case .badRequest: return .badRequest
        case .unauthorized, .notGenuine: return .unauthorized
        case .misdirected: return .misdirectedRequest
        case .forbidden, .bound, .localOnly, .staleForm: return .forbidden
        case .notFound: return .notFound
        case .methodNotAllowed: return .methodNotAllowed
        case .conflict, .store(.conflict): return .conflict
        case .rateLimited: return .tooManyRequests
        case .store, .noRoom, .stopping, .busy: return .serviceUnavailable
        case .http(let status): return status
        case .failed, .internal: return .internalServerError
        }
    }

    var body: ErrorJSON {
        switch self {
        case .badRequest(let message): return ErrorJSON(code: "bad_request", message: message)
        case .unauthorized:
            return ErrorJSON(code: "unauthorized", message: "send an API key: Authorization: Bearer ik_…")
        case .notGenuine: return ErrorJSON(code: "not_genuine", message: "this webhook is not genuine")
        case .forbidden(let scope):
            return ErrorJSON(code: "forbidden", message: "this API key lacks the scope \"\(scope.rawValue)\"")
        case .bound:
            return ErrorJSON(
                code: "forbidden", message: "this API key is bound to add-ons, and this is about the whole deployment")
        case .localOnly:
            return ErrorJSON(
                code: "forbidden", message: "only the command line on the server's own machine may ask for this")
        case .misdirected:
            return ErrorJSON(
                code: "misdirected",
                message: "the console does not answer to this host name; add it to console.origins "
                    + "(INNKEEPER_CONSOLE_ORIGINS) if it is yours")
        case .staleForm:
            return ErrorJSON(code: "stale_form", message: "the form was made for another session; open the page again")
        case .notFound(let message): return ErrorJSON(code: "not_found", message: message)
        case .methodNotAllowed(let allow):
            return ErrorJSON(
                code: "method_not_allowed", message: "this path takes \(allow.joined(separator: " and "))")
        case .conflict(let message): return ErrorJSON(code: "conflict", message: message)
        case .rateLimited: return ErrorJSON(code: "rate_limited", message: "too many token readings; wait and retry")
        case .busy: return ErrorJSON(code: "busy", message: "too many large bodies at once; wait and retry")
        case .store(.conflict(let message)): return ErrorJSON(code: "conflict", message: message)
        case .store(.unknownStorageKey(let id)):
            return ErrorJSON(code: Self.missingKeyCode, message: StoreError.unknownStorageKey(id).description)
        case .store(.forgedRow(let item)):
            return ErrorJSON(
                code: Self.forgedRowCode, message: StoreError.forgedRow(item).description)
        case .store(.outcomeUnknown):
            return ErrorJSON(code: "outcome_unknown", message: StoreError.outcomeUnknown.description)
        case .store(let error): return ErrorJSON(code: "unavailable", message: error.description)
        case .noRoom(let message): return ErrorJSON(code: "unavailable", message: message)
        case .stopping:
            let condition = StoreCondition.stopping
            return ErrorJSON(code: "unavailable", message: "\(condition.problem); \(condition.remedy)")
        case .failed(let message): return ErrorJSON(code: "failed", message: message)
        case .http(.contentTooLarge): return ErrorJSON(code: "too_large", message: "the body is too large")
        case .http(.requestTimeout):
            return ErrorJSON(code: "timeout", message: "the request did not arrive in time")
        case .http(let status): return ErrorJSON(code: "http_\(status.code)", message: status.reasonPhrase)
        case .internal: return ErrorJSON(code: "internal", message: "an unexpected error; see the server's log")
        }
    }

    /// The store is there, but somebody changed it: waiting mends nothing.
    static let forgedRowCode = ErrorJSON.forgedRow

    /// The store is there, but a key file it needs is not: a matter of configuration to whoever reads it.
    static let missingKeyCode = ErrorJSON.missingStorageKey

    /// What an error thrown anywhere below becomes. Anything unforeseen says nothing to the client.
    init(_ error: any Error) {
        switch error {
        case let error as OperatorError: self = error
        case let error as StoreError: self = .store(error)
        case StorageKeyError.store(let error): self = .store(error)
        case StorageKeyError.refused(.unknown): self = .notFound(StorageKeyRefusal.unknown.description)
        case StorageKeyError.refused(let refusal): self = .conflict(refusal.description)
        // Names a file of this machine: the operator's to know, as everything about keys needs the scope admin.
        case StorageKeyError.busy(let holder):
            self = .conflict("\(StorageKeyError.busy(holder)); wait for it, or end it with Ctrl-C where it runs")
        case StorageKeyError.file(.system(let operation, let path, let number)):
            let error = KeyFileError.system(operation: operation, path: path, errno: number)
            self =
                StoreCondition(systemError: number).map { .noRoom("\(path): \($0.problem); \($0.remedy)") }
                ?? .failed(error.description)
        case StorageKeyError.file(let error): self = .conflict(error.description)
        case let error as BackupError: self.init(error)
        case let problem as NewAPIKey.Problem: self = .badRequest(problem.description)
        case let error as HTTPError where error.status == .notFound: self = .notFound("there is no such route")
        case let error as any HTTPResponseError: self = .http(error.status)
        default: self = .internal
        }
    }

    private init(_ error: BackupError) {
        switch error {
        case .badName: self = .badRequest(error.description)
        case .busy: self = .conflict(error.description)
        case .notSent: self = .notFound(error.description)
        case .noRoom, .noPlace: self = .noRoom(error.description)
        case .interrupted: self = .stopping
        case .draft, .contents, .damagedDraft, .notRecorded: self = .failed(error.description)
        }
    }
}

extension OperatorError {
    /// Why the caller may not do what was asked, for the audit log; nil for a refusal that has other reasons.
    var refusal: String? {
        switch self {
        case .unauthorized: "no key"
        case .forbidden(let scope): "lacks the scope \(scope.rawValue)"
        case .bound: "bound to add-ons"
        case .localOnly: "over the network"
        default: nil
        }
    }

    /// A name that a route does not know, with the one that was probably meant, or else those that there are.
    static func unknown(_ kind: String, _ name: String, among known: [String]) -> OperatorError {
        let problem = "there is no \(kind) \"\(name.prefix(64))\" here"
        if let nearest = NearestName.find(name, among: known) {
            return .badRequest("\(problem); did you mean \"\(nearest)\"?")
        }
        return .badRequest("\(problem)" + (known.isEmpty ? "" : "; there is \(known.joined(separator: ", "))"))
    }

    /// The answer to the request with this id.
    func response(to id: String) -> Response {
        var response = JSONResponse.make(body, status: status)
        switch self {
        case .rateLimited(let seconds): response.headers[.retryAfter] = String(seconds)
        case .busy: response.headers[.retryAfter] = "1"
        case .store where status == .serviceUnavailable: response.headers[.retryAfter] = "2"
        case .unauthorized: response.headers[.wwwAuthenticate] = "Bearer"
        case .methodNotAllowed(let allow): response.headers[.allow] = allow.joined(separator: ", ")
        default: break
        }
        return response.finished(id)
    }
}

extension Response {
    /// What every answer carries: the request's id, which is ours and never the client's, and that nobody keeps it.
    func finished(_ id: String) -> Response {
        var response = self
        if let name = HTTPField.Name.requestID { response.headers[name] = id }
        response.headers[.cacheControl] = "no-store"
        response.headers[.xContentTypeOptions] = "nosniff"
        return response
    }
}

extension HTTPField.Name {
    /// `x-request-id`: the name under which the log knows this request.
    static let requestID = HTTPField.Name("x-request-id")
}

import FoundationEssentials
import OperatorAPI

/// What an answer that is no success means for the command line.
enum OperatorRefusal {
    /// The error for a status and the body that came with it.
    static func error(status: Int, body: Data, retryAfter: String?) -> CommandError {
        do {
            return error(status: status, try JSONDecoder().decode(ErrorJSON.self, from: body).error, retryAfter)
        } catch {
            // Not our error format: the status says what can be said.
            return CommandError(exitStatus(status), "the server answered \(status)", hint: hint(status, retryAfter))
        }
    }

    /// The error for a status and what was said about it.
    static func error(status: Int, _ detail: ErrorJSON.Detail, _ retryAfter: String? = nil) -> CommandError {
        if detail.code == ErrorJSON.missingStorageKey {
            return CommandError(
                .configuration, detail.message, hint: "put the key file back from your copy, then run it again")
        }
        if detail.code == ErrorJSON.forgedRow {
            return CommandError(
                .configuration, detail.message, hint: "see what was changed with: innkeeper doctor; restore a backup")
        }
        return CommandError(exitStatus(status), detail.message, hint: hint(status, retryAfter))
    }

    /// The exit status for an HTTP status.
    static func exitStatus(_ status: Int) -> CommandStatus {
        switch status {
        case 400: .usage
        case 401, 403: .notPermitted
        case 404: .notFound
        case 409: .conflict
        case 503: .unavailable
        default: .failure
        }
    }

    private static func hint(_ status: Int, _ retryAfter: String?) -> String? {
        switch status {
        case 429: "wait" + (retryAfter.map { " \(PrintableText.excerpt($0)) seconds" } ?? "") + " and run it again"
        case 503: "see what is wrong with: innkeeper doctor"
        case 500...599: "the server's log says more"
        default: nil
        }
    }
}

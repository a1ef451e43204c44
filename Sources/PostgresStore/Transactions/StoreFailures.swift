import Installations
import Store

extension StoreCondition {
    /// What a SQLSTATE means for other writes.
    init(sqlState code: String) {
        switch code {
        case "53100": self = .full
        case "25006": self = .readOnly
        // It waited for another transaction, or took too long itself: others may not.
        case "55P03", "57014", "53300": self = .busy
        case _ where code.hasPrefix("58") || code.hasPrefix("XX"): self = .broken
        default: self = .failed
        }
    }
}

extension PostgresStore {
    /// An error in the domain's words. What a reader meets says nothing of writing, unless nobody answers.
    func translate(_ error: any Error, ofWrite: Bool = true) -> StoreError {
        switch error {
        case let error as StoreError: return error
        case LinkFailure.refused(let code):
            let condition = StoreCondition(sqlState: code)
            if ofWrite { health.failed(condition, code: code) }
            return .unavailable(condition, code: code)
        case LinkFailure.lost(let code), LinkFailure.unreachable(let code):
            health.failed(.unreachable, code: code)
            return .unavailable(.unreachable, code: code)
        default: return .unavailable(.failed, code: "unexpected \(type(of: error))")
        }
    }
}

import Installations

extension StoreError {
    /// What a schema refuses: a bug of whoever decided what is written, or a row that somebody changed.
    static func refused(_ constraint: String) -> StoreError {
        .unavailable(.failed, code: "constraint: \(constraint)")
    }
}

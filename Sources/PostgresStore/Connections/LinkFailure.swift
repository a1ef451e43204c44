/// Why an exchange did not end as it should. Safe to print: a server's own words may quote a row, and are never kept.
enum LinkFailure: Error {
    /// The server refused a statement, and the transaction with it. The code is a SQLSTATE.
    case refused(code: String)
    /// Nobody is there any more, or does not answer in time: what was sent last may have been done or may not.
    case lost(code: String)
    /// No connection could be made: nothing was done.
    case unreachable(code: String)

    /// Whether the same again may succeed: it met another transaction (40001 and 40P01).
    var isOfMeeting: Bool {
        if case .refused(let code) = self { return code == "40001" || code == "40P01" }
        return false
    }
}

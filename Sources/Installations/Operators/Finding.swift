/// What one check of `doctor` found.
package struct Finding: Sendable {
    /// How bad it is. The raw values are the contract's words.
    package enum Status: String, Sendable {
        case ok, warn, fail
    }

    /// What was checked, a few words.
    package let name: String
    /// How it stands.
    package let status: Status
    /// What was found, safe to print.
    package let message: String
    /// What to do about it; nil when there is nothing to do.
    package let fix: String?

    /// A finding; `fix` belongs to every one that is not `ok`.
    package init(_ name: String, _ status: Status, _ message: String, fix: String? = nil) {
        self.name = name
        self.status = status
        self.message = message
        self.fix = fix
    }
}

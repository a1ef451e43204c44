package import Installations

/// One attempt to deliver an event.
package struct Attempt: Hashable, Sendable {
    /// How many of the first, and how many of the last, are kept of an event.
    package static let kept = 20

    /// When it ended.
    package let at: Timestamp
    /// The name of the target; nil where a worker had the event.
    package let target: String?
    /// What the target answered; nil where nobody did.
    package let status: Int?
    /// How long it took, in milliseconds; nil where nobody knows.
    package let milliseconds: Int64?
    /// What it failed of, as `DeliveryFailure.text`; nil for a delivery.
    package let failure: String?

    /// An attempt.
    package init(at: Timestamp, target: String?, status: Int?, milliseconds: Int64?, failure: String?) {
        self.at = at
        self.target = target
        self.status = status
        self.milliseconds = milliseconds
        self.failure = failure
    }
}

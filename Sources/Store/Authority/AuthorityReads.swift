package import Installations
import Sealing

/// Reads of all rows that decide something, in steps, and of the audit records that they name.
package protocol AuthorityReads {
    /// API keys by their ids, at most `limit` behind one.
    func apiKeys(after id: String, limit: Int) throws -> [StoredAPIKey]

    /// Visits installations by their numbers, at most `limit` behind one.
    func claims(after number: InstallationNumber, limit: Int, visit: (StoredClaim) throws -> Void) throws

    /// Whether the audit records that rows name are there and decide about them or about the store as a whole, installations left
    /// out. Of the rotations only the last row counts.
    func areDecisionsThere() throws -> Bool

    /// Visits the subjects that audit records decide about, by their texts, at most `limit` behind one: a step for each subject
    /// and not for each record, as an installation may have had thousands. Asks of each whether its row is there.
    func subjects(after text: String, limit: Int, visit: (String, _ isThere: Bool) throws -> Void) throws
}

/// What the row of an installation says, not judged yet.
package struct StoredClaim: Sendable {
    /// Its number.
    package let number: InstallationNumber
    /// The row; nil when it does not even read as an installation.
    package let standing: Standing?
    /// What is known of its being authentic.
    package let vouched: Vouched
    /// Whether the audit record that its proof names is there and decides about it, or about the store as a whole, as the one
    /// does that vouched for what was there before any did. One that was cut off may have given its number to another.
    package let isDecisionThere: Bool
    /// The tokens that it was ever given; nil when they do not read as such.
    package let handedOut: HandedOutSet?

    /// What was read.
    package init(
        number: InstallationNumber, standing: Standing?, vouched: Vouched, isDecisionThere: Bool,
        handedOut: HandedOutSet?
    ) {
        self.number = number
        self.standing = standing
        self.vouched = vouched
        self.isDecisionThere = isDecisionThere
        self.handedOut = handedOut
    }
}

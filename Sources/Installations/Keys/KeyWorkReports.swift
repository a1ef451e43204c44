/// Who does long work on the keys, and how fast.
package struct KeyWorker: Sendable {
    /// Who asks for it.
    package let actor: Actor
    /// The process that waits for it, for whoever finds it in the way.
    package let processID: Int32?
    /// Installations per second; 0 for no bound.
    package let rate: Int

    /// A worker.
    package init(actor: Actor, processID: Int32? = nil, rate: Int = 0) {
        self.actor = actor
        self.processID = processID
        self.rate = rate
    }
}

/// What a rewrap did.
package struct RewrapReport: Sendable {
    /// Installations moved to the primary key.
    package let rewrapped: Int
    /// Rows that somebody else changed each time they were tried.
    package let skipped: Int
    /// Values that do not open.
    package let corrupt: Int
}

/// What a verification found.
package struct VerifyReport: Sendable {
    /// Installations looked at.
    package let installations: Int
    /// Sealed values that opened.
    package let opened: Int64
    /// Those that did not, the first of them.
    package let damaged: [DamagedValue]
    /// How many more did not.
    package let more: Int
}

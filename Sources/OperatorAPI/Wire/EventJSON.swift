/// One inbox event on the wire, without its body.
package struct EventJSON: Codable, Sendable {
    package var id: String
    package var type: String
    package var state: String
    package var addonKey: String
    package var workspaceId: String
    package var addonId: String
    package var receivedAt: String
    package var attempts: Int
}

/// A page of events.
package struct EventPageJSON: Codable, Sendable {
    package var events: [EventJSON]
    @Nullable package var nextCursor: String?
    /// How far back was read, where that ended before the page was full; else not there.
    package var searchedTo: String?
}

/// One event with what its delivery came to.
package struct EventDetailJSON: Codable, Sendable {
    package var id: String
    package var type: String
    package var state: String
    package var addonKey: String
    package var workspaceId: String
    package var addonId: String
    package var receivedAt: String
    package var attempts: Int
    /// When it is tried again, or its lease ends.
    @Nullable package var nextAttemptAt: String?
    /// What the last attempt failed of.
    @Nullable package var lastFailure: String?
    /// When it was delivered or became a dead letter.
    @Nullable package var settledAt: String?
    /// When an operator replayed it last.
    @Nullable package var replayedAt: String?
}

/// What a worker asks for.
package struct LeaseRequestJSON: RequestJSON {
    enum CodingKeys: CodingKey, CaseIterable { case addonKey, max, leaseSeconds, waitSeconds }

    package var addonKey: String
    package var max: Int?
    package var leaseSeconds: Int?
    package var waitSeconds: Int?
}

/// Events that are a worker's for a while.
package struct LeaseJSON: Codable, Sendable {
    package var leaseId: String
    package var events: [LeasedEventJSON]
}

/// One leased event, with its body as text.
package struct LeasedEventJSON: Codable, Sendable {
    package var id: String
    package var type: String
    package var addonKey: String
    package var workspaceId: String
    package var addonId: String
    package var receivedAt: String
    package var attempt: Int
    package var body: String
}

/// The body of `ack` and `nack`.
package struct LeaseNameJSON: RequestJSON {
    enum CodingKeys: CodingKey, CaseIterable { case leaseId }

    package var leaseId: String
}

/// Which dead events are replayed, and where the batch begins.
package struct ReplayRequestJSON: RequestJSON {
    enum CodingKeys: CodingKey, CaseIterable { case addonKey, since, after, all }

    package var addonKey: String?
    package var since: String?
    package var after: String?
    /// Without `addonKey` and `since`: that all are meant.
    package var all: Bool?

    /// A batch.
    package init(addonKey: String?, since: String?, after: String?, all: Bool?) {
        self.addonKey = addonKey
        self.since = since
        self.after = after
        self.all = all
    }
}

/// What a batch of replays did.
package struct ReplayBatchJSON: Codable, Sendable {
    package var replayed: Int
    /// Left dead: their streams are closed.
    package var closed: Int
    /// Where the next batch begins; null at the end.
    @Nullable package var after: String?
}

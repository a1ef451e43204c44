/// What a step in a key's life is asked with.
package struct KeyStepJSON: Codable, Sendable {
    /// The key's id again, for `destroy`.
    package var confirm: String?
    /// Whether `destroy` waives the seven days.
    package var now: Bool?

    /// A step's confirmation.
    package init(confirm: String? = nil, now: Bool? = nil) {
        self.confirm = confirm
        self.now = now
    }
}

/// Which batch of work comes next.
package struct BatchRequestJSON: Codable, Sendable {
    /// For `rewrap`: the storage key to wrap away from.
    package var from: String?
    /// The `last` of the batch before; absent to begin.
    package var after: Int64?
    /// Installations in the batch, 1 to 1000.
    package var limit: Int?

    /// A batch behind another.
    package init(from: String? = nil, after: Int64?, limit: Int) {
        self.from = from
        self.after = after
        self.limit = limit
    }
}

/// What one batch of a rewrap did.
package struct RewrapBatchJSON: Codable, Sendable {
    package var rewrapped: Int
    package var overtaken: Int
    package var damaged: [DamagedJSON]
    /// Where the next batch begins; null at the end.
    @Nullable package var last: Int64?
}

/// What one batch of a verification found.
package struct VerifyBatchJSON: Codable, Sendable {
    package var installations: Int
    package var opened: Int64
    package var damaged: [DamagedJSON]
    /// Where the next batch begins; null at the end.
    @Nullable package var last: Int64?
}

/// A sealed value that does not open, by its place.
package struct DamagedJSON: Codable, Sendable {
    package var table: String
    package var number: Int64
    @Nullable package var place: String?
    @Nullable package var addonKey: String?
    @Nullable package var workspaceId: String?
    @Nullable package var addonId: String?
    package var reason: String
}

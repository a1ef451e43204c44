/// What a step in a key's life is asked with.
package struct KeyStepJSON: RequestJSON {
    enum CodingKeys: CodingKey, CaseIterable { case confirm, now }

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

/// What long work on the keys is asked with.
package struct KeyWorkJSON: RequestJSON {
    enum CodingKeys: CodingKey, CaseIterable { case rate, reencrypt, dryRun, sample, processId }

    /// Installations per second; 0 for no bound.
    package var rate: Int?
    /// For `rotate`: installation keys are replaced too.
    package var reencrypt: Bool?
    /// For `rotate`: say what would be done, and change nothing.
    package var dryRun: Bool?
    /// For `verify`: only so many installations, chosen at random.
    package var sample: Int?
    /// The process that waits, for whoever finds it in the way.
    package var processId: Int32?

    /// A request for work.
    package init(
        rate: Int, reencrypt: Bool? = nil, dryRun: Bool? = nil, sample: Int? = nil, processId: Int32? = nil
    ) {
        self.rate = rate
        self.reencrypt = reencrypt
        self.dryRun = dryRun
        self.sample = sample
        self.processId = processId
    }
}

/// One line of the answer to long work, `application/x-ndjson`: progress, then either a report or an error.
package struct WorkLineJSON<Report: Codable & Sendable>: Codable, Sendable {
    package var progress: ProgressJSON?
    package var report: Report?
    package var error: ErrorJSON.Detail?
    /// The HTTP status that the error would have had, were it known in time.
    package var status: Int?
}

/// How far long work has come.
package struct ProgressJSON: Codable, Sendable {
    /// `rewrap`, `reencrypt` or `verify`.
    package var phase: String
    /// Installations done.
    package var done: Int
    /// Installations to do.
    package var total: Int
}

/// What a rotation did (contract.md section 4).
package struct RotationReportJSON: Codable, Sendable {
    package var from: String
    /// The new key; empty in a dry run that would make one.
    package var to: String
    package var installations: Int
    package var rewrapped: Int
    package var alreadyCurrent: Int
    package var skipped: Int
    package var corrupt: Int
    package var verified: Int
    /// In a dry run an estimate.
    package var elapsedMs: Int
    /// `began`, `resumed` or `finished`: the last means that nothing was done.
    package var standing: String
    /// Whether installation keys were replaced too.
    package var reencrypt: Bool
}

/// What a rewrap did.
package struct RewrapReportJSON: Codable, Sendable {
    package var rewrapped: Int
    package var skipped: Int
    package var corrupt: Int
}

/// What a verification found.
package struct VerifyReportJSON: Codable, Sendable {
    package var installations: Int
    package var opened: Int64
    package var damaged: [DamagedJSON]
    /// Damaged values beyond those listed.
    package var more: Int
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

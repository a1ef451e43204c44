/// How everything stands, and what happened in a window of time.
package struct StatsJSON: Codable, Sendable {
    package var at: String
    /// `1h`, `24h` or `30d`.
    package var window: String
    /// What needs an operator, worst first.
    package var attention: [AttentionJSON]
    package var figures: FiguresJSON
    /// Null while it cannot be read.
    @Nullable package var series: SeriesJSON?
}

/// One thing that needs an operator.
package struct AttentionJSON: Codable, Sendable {
    /// A word of a closed list.
    package var code: String
    /// `critical` or `warning`.
    package var severity: String
    @Nullable package var since: String?
    /// How many installations it is about, where that is known.
    @Nullable package var workspaces: Int?
    package var message: String
    /// A command.
    package var remedy: String
}

/// Totals of the moment, and sums of the window; null where they cannot be told.
package struct FiguresJSON: Codable, Sendable {
    /// Sums of the window.
    @Nullable package var accepted: Int64?
    @Nullable package var delivered: Int64?
    @Nullable package var retried: Int64?
    @Nullable package var givenUp: Int64?
    @Nullable package var refused: Int64?
    package var waiting: Int
    @Nullable package var oldestWaitingAt: String?
    @Nullable package var dead: Int64?
    /// By status.
    @Nullable package var installations: [String: Int64]?
    @Nullable package var newestBackupAt: String?
    @Nullable package var storageKeyPromotedAt: String?
}

/// Counts step by step, oldest first; the last step is not over.
package struct SeriesJSON: Codable, Sendable {
    package var from: String
    package var stepSeconds: Int64
    package var accepted: [Int64]
    package var delivered: [Int64]
    package var retried: [Int64]
    package var givenUp: [Int64]
    /// By reason.
    package var refused: [String: [Int64]]
    /// When the steps began in which a process started, a rotation began, or a target was paused.
    package var started: [String]
    package var rotated: [String]
    package var paused: [String]
}

/// What was tried to deliver an event.
package struct AttemptsJSON: Codable, Sendable {
    package var attempts: [AttemptJSON]
}

/// One attempt.
package struct AttemptJSON: Codable, Sendable {
    package var at: String
    /// The name of the target; null where a worker had it, or nobody knows.
    @Nullable package var target: String?
    /// What was answered; null where nobody did, or nobody knows.
    @Nullable package var status: Int?
    @Nullable package var durationMs: Int64?
    /// What it failed of; null for a delivery.
    @Nullable package var error: String?
}

/// Who is logged in at the console.
package struct SessionJSON: Codable, Sendable {
    package var id: String
    /// The id of the API key.
    package var apiKey: String
    package var createdAt: String
    package var seenAt: String
    /// The address it was begun from; null where there was none.
    @Nullable package var from: String?
}

/// All of them.
package struct SessionsJSON: Codable, Sendable {
    package var sessions: [SessionJSON]
}

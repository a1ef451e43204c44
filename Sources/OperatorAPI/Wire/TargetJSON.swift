/// All targets.
package struct TargetsJSON: Codable, Sendable {
    package var targets: [TargetJSON]
}

/// A place to which events are pushed, and what the last hour brought there, as the process knows it that was asked.
package struct TargetJSON: Codable, Sendable {
    package var addonKey: String
    package var name: String
    /// Scheme, host and port.
    package var address: String
    /// `delivering`, `paused` or `down`.
    package var state: String
    /// Since when it is paused.
    @Nullable package var pausedAt: String?
    /// Since when it is down.
    @Nullable package var downSince: String?
    /// `closed`, or `open`: then nothing is sent but one probe at a time.
    package var breaker: String
    /// Attempts that were deliveries.
    package var delivered: Int
    /// Those that were none.
    package var failed: Int
    /// The share of deliveries, 0 to 1; null without an attempt.
    @Nullable package var successRate: Double?
    /// How long attempts took; null without one.
    @Nullable package var latencyMs: LatencyJSON?
    @Nullable package var lastDeliveryAt: String?
    @Nullable package var lastFailureAt: String?
    @Nullable package var lastFailure: String?
}

/// Milliseconds within which so many hundredths of the attempts were over.
package struct LatencyJSON: Codable, Sendable {
    package var p50: Int64
    package var p95: Int64
    package var p99: Int64
}

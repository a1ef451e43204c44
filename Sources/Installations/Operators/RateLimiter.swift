import Synchronization

/// A token bucket per name: an API key's id, or a local user.
package final class RateLimiter: Sendable {
    private struct Bucket {
        var left: Double
        var at: Timestamp
    }

    /// Buckets kept. Full ones are let go first: a full bucket says nothing that a new one would not.
    static let maximumBuckets = 1024

    private let perMillisecond: Double
    private let burst: Double
    private let buckets = Mutex<[String: Bucket]>([:])

    /// Milliseconds between two in the long run, and how many may come at once.
    package var interval: Int64 { Int64(1 / perMillisecond) }
    /// See `interval`.
    package var atOnce: Int64 { Int64(burst) }

    /// Allows `burst` at once and `perMinute` in the long run.
    package init(perMinute: Int, burst: Int) {
        perMillisecond = Double(perMinute) / 60_000
        self.burst = Double(burst)
    }

    /// Takes one; nil when there was one, else the seconds until the next.
    func spend(_ name: String, at now: Timestamp) -> Int? {
        buckets.withLock { buckets in
            if buckets[name] == nil, buckets.count >= Self.maximumBuckets { makeRoom(&buckets, now) }
            var bucket = buckets[name] ?? Bucket(left: burst, at: now)
            let elapsed = Double(max(0, now.milliseconds - bucket.at.milliseconds))
            bucket.left = min(burst, bucket.left + elapsed * perMillisecond)
            bucket.at = now
            defer { buckets[name] = bucket }
            guard bucket.left < 1 else {
                bucket.left -= 1
                return nil
            }
            return Int(((1 - bucket.left) / perMillisecond / 1000).rounded(.up))
        }
    }

    private func makeRoom(_ buckets: inout [String: Bucket], _ now: Timestamp) {
        buckets = buckets.filter { _, bucket in
            bucket.left + Double(now.milliseconds - bucket.at.milliseconds) * perMillisecond < burst
        }
        guard buckets.count >= Self.maximumBuckets else { return }
        // As many keys in use at once as no operator makes: the one that was quiet longest starts anew.
        if let oldest = buckets.min(by: { $0.value.at < $1.value.at }) { buckets[oldest.key] = nil }
    }

    /// Buckets held, for a test.
    var count: Int { buckets.withLock { $0.count } }
}

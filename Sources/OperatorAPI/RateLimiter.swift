import Installations
import Synchronization

/// A token bucket per name. Names are API key ids, so their number is bounded by the operator.
final class RateLimiter: Sendable {
    private struct Bucket {
        var left: Double
        var at: Timestamp
    }

    private let perMillisecond: Double
    private let burst: Double
    private let buckets = Mutex<[String: Bucket]>([:])

    /// Allows `burst` at once and `perMinute` in the long run.
    init(perMinute: Int, burst: Int) {
        perMillisecond = Double(perMinute) / 60_000
        self.burst = Double(burst)
    }

    /// Takes one; nil when there was one, else the seconds until the next.
    func take(_ name: String, at now: Timestamp) -> Int? {
        buckets.withLock { buckets in
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
}

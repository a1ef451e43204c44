package import Installations
import Synchronization

/// Counts webhooks that the platform signed for a live installation and that had none of its tokens, until they are written down.
///
/// A stranger cannot make any of these: a call is counted after its signature was found right. Bounded all the same.
package final class RefusedTokens: Sendable {
    private struct Count {
        var tokenSet: TokenSet
        var count: Int64 = 0
        var lastAt: Timestamp
    }

    /// Installations that are counted between two writes.
    private static let limit = 4096

    private let counts = Mutex<[InstallationNumber: Count]>([:])

    /// None yet.
    package init() {}

    /// One more.
    func note(_ installation: InstallationNumber, _ tokenSet: TokenSet, at now: Timestamp) {
        counts.withLock { counts in
            guard counts[installation] != nil || counts.count < Self.limit else { return }
            var count = counts[installation] ?? Count(tokenSet: tokenSet, lastAt: now)
            if count.tokenSet < tokenSet { count = Count(tokenSet: tokenSet, lastAt: now) }
            guard count.tokenSet == tokenSet else { return }
            count.count += 1
            count.lastAt = now
            counts[installation] = count
        }
    }

    /// Takes what was counted.
    package func take() -> [RefusedCalls] {
        counts.withLock { counts in
            defer { counts = [:] }
            return counts.map { installation, count in
                RefusedCalls(
                    installation: installation, tokenSet: count.tokenSet, count: count.count, lastAt: count.lastAt)
            }
        }
    }

    /// Gives back what could not be written.
    package func giveBack(_ calls: [RefusedCalls]) {
        counts.withLock { counts in
            for one in calls where counts[one.installation] != nil || counts.count < Self.limit {
                var count = counts[one.installation] ?? Count(tokenSet: one.tokenSet, lastAt: one.lastAt)
                guard count.tokenSet == one.tokenSet else { continue }
                count.count += one.count
                counts[one.installation] = count
            }
        }
    }
}

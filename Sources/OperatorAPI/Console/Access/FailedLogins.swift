import Glibc
import Synchronization

/// Failed log-ins of each source within a minute. Keys are random and cannot be guessed; this keeps the log and the store quiet.
final class FailedLogins: Sendable {
    /// How many a source has in a minute.
    static let most = 10
    /// The length of the window, in milliseconds.
    static let window: Int64 = 60_000
    /// How many sources are counted apart. All others share one count.
    private static let sources = 4096

    private struct Count {
        let begin: Int64
        var failures = 1

        func isOver(at now: Int64) -> Bool { !(begin..<begin + FailedLogins.window).contains(now) }
    }

    private let counts = Mutex<[String: Count]>([:])

    /// Seconds until this source may try again; nil when it may now.
    func wait(for source: String, at now: Int64) -> Int? {
        counts.withLock { counts in
            guard let count = counts[Self.place(of: source, counts)], !count.isOver(at: now),
                count.failures >= Self.most
            else { return nil }
            return max(1, Int((count.begin + Self.window - now + 999) / 1000))
        }
    }

    /// One more failed.
    func note(_ source: String, at now: Int64) {
        counts.withLock { counts in
            if counts.count >= Self.sources { counts = counts.filter { !$1.isOver(at: now) } }
            let place = Self.place(of: source, counts)
            if let count = counts[place], !count.isOver(at: now) {
                counts[place]?.failures += 1
            } else {
                counts[place] = Count(begin: now)
            }
        }
    }

    private static func place(of source: String, _ counts: [String: Count]) -> String {
        let network = network(of: source)
        return counts[network] != nil || counts.count < sources ? network : ""
    }

    /// An IPv4 address, or the network of an IPv6 one: who has one address of those has all of its /64.
    private static func network(of source: String) -> String {
        var address = in6_addr()
        guard inet_pton(AF_INET6, source, &address) == 1 else { return source }
        return withUnsafeBytes(of: &address) { bytes in
            bytes.prefix(8).map { String($0, radix: 16) }.joined(separator: ".")
        }
    }
}

import Glibc
import Synchronization

/// Failed log-ins of each source within a minute. Keys are random and cannot be guessed; this keeps the log and the store quiet.
final class FailedLogins: Sendable {
    /// How many a source has in a minute.
    static let most = 10
    /// The length of the window, in milliseconds.
    static let window: Int64 = 60_000
    /// How many sources are counted. For another one the one with the fewest failures is forgotten: who has that many addresses is
    /// not held back by counting them, and must not hold back anybody else.
    private static let sources = 4096

    private struct Count {
        let begin: Int64
        var failures = 0

        func isOver(at now: Int64) -> Bool { !(begin..<begin + FailedLogins.window).contains(now) }
    }

    private let counts = Mutex<[String: Count]>([:])

    /// Counts a try as failed, before anybody knows: many at the same moment are not judged beside each other.
    ///
    /// - Returns: Seconds until this source may try again; nil when it may now.
    func take(for source: String, at now: Int64) -> Int? {
        let network = Self.network(of: source)
        return counts.withLock { counts in
            if counts[network]?.isOver(at: now) ?? true { counts[network] = Self.place(in: &counts, at: now) }
            guard let count = counts[network], count.failures >= Self.most else {
                counts[network]?.failures += 1
                return nil
            }
            return max(1, Int((count.begin + Self.window - now + 999) / 1000))
        }
    }

    /// The try did not fail.
    func giveBack(_ source: String) {
        counts.withLock { $0[Self.network(of: source)]?.failures -= 1 }
    }

    /// A new count, for which there is a place.
    private static func place(in counts: inout [String: Count], at now: Int64) -> Count {
        if counts.count >= sources { counts = counts.filter { !$1.isOver(at: now) } }
        if counts.count >= sources, let least = counts.min(by: { $0.value.failures < $1.value.failures }) {
            counts[least.key] = nil
        }
        return Count(begin: now)
    }

    /// An IPv4 address, also as a listener for both kinds writes it, or the network of an IPv6 one: who has one address of those has
    /// all of its /64. That of this machine is an address of its own.
    private static func network(of source: String) -> String {
        var address = in6_addr()
        guard inet_pton(AF_INET6, source, &address) == 1 else { return source }
        let bytes = withUnsafeBytes(of: &address) { Array($0) }
        let isMapped = bytes[0..<10].allSatisfy { $0 == 0 } && bytes[10] == 0xff && bytes[11] == 0xff
        if isMapped { return bytes[12...].map(String.init).joined(separator: ".") }
        let own = bytes[0..<8].allSatisfy { $0 == 0 } ? bytes[...] : bytes[0..<8]
        return own.map { String($0, radix: 16) }.joined(separator: ":")
    }
}

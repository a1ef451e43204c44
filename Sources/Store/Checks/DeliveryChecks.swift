package import Installations
import Webhooks

/// The checks of `doctor`, and of a start, that look at what became of events.
extension Store {
    /// What is wrong with deliveries; nothing when nothing is.
    package func deliveryFindings(at now: Timestamp) async throws(StoreError) -> [Finding] {
        try await deliveryFindings(at: now, among: 50_000)
    }

    /// The same, with so many of the held streams looked at.
    func deliveryFindings(at now: Timestamp, among holds: Int) async throws(StoreError) -> [Finding] {
        let (dead, failing, isAll) = try await read { reads in
            let since = Timestamp(milliseconds: now.milliseconds - Self.patience)
            let (failing, isAll) = try reads.failing(since: since, now: now, among: holds)
            return (try reads.deadLetters(), failing, isAll)
        }
        let targets = Dictionary(grouping: failing, by: \.addonKey).sorted { $0.key < $1.key }
        return [Self.finding(dead: dead)].compactMap { $0 }
            + targets.map { Self.finding($0.key, $0.value, isAll: isAll, now) }
    }

    /// Add-ons that a line names.
    private static let namedAddons = 5

    private static func finding(dead: [(addonKey: String, count: Int)]) -> Finding? {
        guard let first = dead.first else { return nil }
        let named = dead.prefix(namedAddons).map { "\($0.count) of \($0.addonKey)" }.joined(separator: ", ")
        let more = dead.count > namedAddons ? " and of \(dead.count - namedAddons) more add-ons" : ""
        return Finding(
            "dead letters", .warn, "\(named)\(more)",
            fix: "see why with: innkeeper events list --state dead, innkeeper events show ID; when that is mended: "
                + "innkeeper events replay --dead --addon \(first.addonKey)")
    }

    /// An event that fails is no news before it has waited so long: the first attempts after the first are within seconds. One
    /// that is dated ahead waits since before the clock was put back.
    private static let patience: Int64 = 60_000

    private static func finding(
        _ addonKey: String, _ failing: [FailingEvents], isAll: Bool, _ now: Timestamp
    ) -> Finding {
        let reasons = failing.sorted { ($1.count, $0.failure) < ($0.count, $1.failure) }.prefix(3)
            .map { "\($0.failure) (\($0.count))" }
        let count = failing.reduce(0) { $0 + $1.count }
        let many = count == 1 ? "1 installation" : "\(count) installations"
        let since = failing.reduce(now) { min($0, $1.since) }
        return Finding(
            "deliveries of \(addonKey)", .warn,
            "they fail for \(isAll ? "" : "at least ")\(many), of events since \(since.rfc3339): "
                + reasons.joined(separator: ", "),
            fix: "mend what they are delivered to; see: innkeeper events list --state pending --addon \(addonKey)")
    }
}

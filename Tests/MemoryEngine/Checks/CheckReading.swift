import Installations
import Marketplace
import Sealing
import Store
import Webhooks

extension MemorySnapshot: CheckReads {
    func newestTimes() -> SeenTimes {
        count()
        return SeenTimes(
            event: rows.events.keys.max(), recorded: rows.audit.last?.entry.at,
            held: rows.holds.values.map { Timestamp(milliseconds: $0.until.milliseconds - $0.length) }.max())
    }

    func firstRecord() -> Timestamp? {
        count()
        return rows.audit.first?.entry.at
    }

    func newestBackup(needing key: StorageKeyID?) -> Backup? {
        count()
        return rows.backups.last { backup in key.map { backup.keys.contains($0) } ?? true }
    }

    func deadLetters() -> [(addonKey: String, count: Int)] {
        count()
        let dead = rows.events.values.filter { $0.state == .dead }.compactMap(rows.addon)
        return Dictionary(grouping: dead) { $0 }.map { ($0.key, $0.value.count) }
            .sorted { ($1.count, $0.addonKey) < ($0.count, $1.addonKey) }
    }

    func failing(since: Timestamp, now: Timestamp, among limit: Int) -> (failing: [FailingEvents], isAll: Bool) {
        count()
        let holds = rows.holds.filter { $0.value.lease == nil }.sorted { $0.key < $1.key }
        let failing = holds.prefix(limit).compactMap { rows.failing($0.value, since: since, now: now) }
        let grouped = Dictionary(grouping: failing) { [$0.addonKey, $0.failure] }.values.map { same in
            FailingEvents(
                addonKey: same[0].addonKey, failure: same[0].failure, count: same.count,
                since: same.map(\.since).min() ?? since)
        }
        return (grouped, holds.count <= limit)
    }

    func installationCounts() -> [InstallationStatus: Int64] {
        count()
        return rows.installations.values.reduce(into: [:]) { $0[$1.status, default: 0] += 1 }
    }

    func oldestWaiting() -> EventDates? {
        count()
        return rows.oldest(1, where: \.waits).first.map { event in
            EventDates(id: event.id, receivedAt: event.receivedAt, replayedAt: nil, step: 0)
        }
    }

    func deadCount() -> Int64 {
        count()
        return Int64(rows.events.values.count { $0.state == .dead })
    }
}

extension MemoryRows {
    fileprivate func addon(of event: EventRow) -> String? { installations[event.installation]?.id.addonKey.text }

    /// The event that a retry holds back, if it failed and waits since before one moment, or since after another.
    fileprivate func failing(_ hold: HoldRow, since: Timestamp, now: Timestamp) -> FailingEvents? {
        guard let event = events[hold.event], event.state == .pending, let failure = event.failure,
            let addon = addon(of: event)
        else { return nil }
        let date = event.replayedAt ?? event.receivedAt
        guard date <= since || date > now else { return nil }
        return FailingEvents(addonKey: addon, failure: failure, count: 1, since: date)
    }
}

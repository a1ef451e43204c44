import Installations
import Store
import Webhooks

extension MemorySnapshot: EventReads {
    func events(matching filter: EventFilter, page: PageRequest) -> Page<EventSummary> {
        count()
        let ids = filter.ids(page)
        var readable = rows.events.values
            .filter { $0.id.number > ids.above && $0.id.number < ids.below }
            .compactMap(rows.summary)
            .filter(filter.isLedTo)
            .sorted { $0.id > $1.id }[...]
        var floor: Int64?
        if !filter.isIndexed, readable.count >= filter.mostRead {
            readable = readable.prefix(filter.mostRead)
            floor = readable.last?.id.number
        }
        let found = Array(readable.filter(filter.takes).prefix(page.limit + 1))
        return Page(surplus: found, limit: page.limit, positions: found.map(\.id.number), floor: floor)
    }

    func events(_ ids: [EventID]) -> [StoredEvent] {
        count()
        return ids.compactMap { id in
            guard let event = rows.events[id], let summary = rows.summary(event) else { return nil }
            return StoredEvent(
                summary: summary, dates: event.dates, heldUntil: rows.hold(by: event)?.until, failure: event.failure,
                settledAt: event.settledAt)
        }
    }

    func pauses() -> [TargetPause] {
        count()
        return rows.pauses.values.sorted { $0.target < $1.target }
    }

    func bodies(of ids: [EventID]) -> [StoredBody] {
        count()
        return ids.compactMap { rows.events[$0] }.filter { $0.body != nil }.map(rows.body)
    }
}

extension MemorySnapshot: StreamReads {
    func ready(_ streams: [InstallationNumber]) -> [EventStream] {
        count()
        return streams.compactMap(rows.ready)
    }

    func readyStreams(after: Int64, limit: Int) -> (streams: [EventStream], last: Int64?) {
        count()
        let waiting = Set(rows.events.values.filter(\.waits).map(\.installation)).filter { $0.value > after }.sorted()
        let page = waiting.prefix(limit)
        return (page.compactMap(rows.ready), waiting.count > page.count ? page.last?.value : nil)
    }

    func heads(of streams: [InstallationNumber], bytes: Int) -> [StoredHead] {
        count()
        var left = bytes
        return streams.map { stream in
            guard left > 0 else { return .postponed }
            guard let event = rows.head(of: stream), let owner = rows.installations[stream] else { return .empty }
            guard rows.holds[stream] == nil else { return .held }
            left -= event.body?.count ?? 0
            return .event(
                StoredHeadEvent(
                    body: rows.body(of: event), dates: event.dates, attempts: event.attempts,
                    known: .success(rows.known(owner))))
        }
    }

    func endedHolds(at: Timestamp, limit: Int) -> (streams: [InstallationNumber], next: Timestamp?) {
        count()
        let ended = rows.holds.filter { $0.value.until <= at }
            .sorted { ($0.value.until, $0.key) < ($1.value.until, $1.key) }
        return (ended.prefix(limit).map(\.key), rows.holds.values.map(\.until).filter { $0 > at }.min())
    }

    func overlongHolds(at: Timestamp, longest: Int64, limit: Int) -> [(stream: InstallationNumber, length: Int64)] {
        count()
        let (now, last) = (at.milliseconds, at.milliseconds + longest)
        return
            rows.holds
            .filter { $0.value.until.milliseconds &- $0.value.length > now || $0.value.until.milliseconds > last }
            .sorted { $0.key < $1.key }
            .prefix(limit)
            .map { ($0.key, $0.value.length) }
    }
}

extension EventFilter {
    /// Whether an engine reads it, wanted or not.
    fileprivate func isLedTo(_ event: EventSummary) -> Bool {
        (state == nil || event.state == state)
            && (workspaceID == nil || event.installation.workspaceID == workspaceID && isOwner(event.installation))
    }

    fileprivate func takes(_ event: EventSummary) -> Bool {
        isOwner(event.installation) && (type == nil || event.type == type)
            && (since.map { event.receivedAt >= $0 } ?? true) && (until.map { event.receivedAt < $0 } ?? true)
    }

    private func isOwner(_ owner: InstallationID) -> Bool {
        owner.isOf(addonKey, among: addons) && (addonID == nil || owner.addonID == addonID)
    }
}

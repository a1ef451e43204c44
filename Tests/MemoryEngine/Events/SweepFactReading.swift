import Installations
import Store
import Webhooks

/// What may be cleared away.
extension MemoryRows {
    func sweepFacts(for question: SweepQuestion) -> SweepFacts {
        let dead = oldest(question.limit) { event in
            event.state == .dead && event.id < question.deadBelow && question.isOver(event.settledAt, event)
        }
        let gone = Set(dead.map(\.id))
        let pending = oldest(question.limit) { event in
            event.state == .pending && event.id < question.arrivedBelow
                && (event.replayedAt == nil || question.isOver(event.replayedAt, event))
        }
        let (settings, hasMore) = settingsToErase(for: question)
        return SweepFacts(
            delivered: oldest(question.limit) { $0.state == .delivered && $0.id < question.arrivedBelow }.map(\.dates),
            dead: dead.map(\.kept),
            lastOf: Set(dead.map(\.installation)).filter { isLast(of: $0, gone) },
            pending: pending.map { event in
                PendingEvent(dates: event.dates, event: event.kept, isHeld: hold(by: event) != nil)
            },
            settings: settings, hasMoreSettings: hasMore)
    }

    /// From installation to installation, the one first that ended first, until so many events were looked at.
    private func settingsToErase(for question: SweepQuestion) -> ([SettingsToErase], hasMore: Bool) {
        var (found, left): ([SettingsToErase], Int) = ([], question.limit)
        let due = settingsToErase.filter { $0.value.endedAt < question.endedBefore }
            .sorted { ($0.value.endedAt, $0.key) < ($1.value.endedAt, $1.key) }
        for (stream, row) in due {
            guard left > 0 else { break }
            let events = oldest(left) { event in
                event.installation == stream && (event.waits || event.state == .dead) && event.id > row.through
            }
            let settings = events.filter { event in
                event.type == question.settingsType && event.body != nil
            }
            found.append(
                SettingsToErase(
                    stream: stream,
                    events: settings.map { event in
                        SettingsEvent(event: event.kept, state: event.state, isHeld: hold(by: event) != nil)
                    },
                    through: events.count < left ? nil : events.last?.id))
            left -= max(1, events.count)
        }
        return (found, left <= 0)
    }
}

extension SweepQuestion {
    /// Whether something happened to an event before all that is kept: by its date, or by the step of the clock that it is older
    /// than.
    fileprivate func isOver(_ date: Timestamp?, _ event: EventRow) -> Bool {
        date.map { $0 < before } ?? false || event.step < step
    }
}

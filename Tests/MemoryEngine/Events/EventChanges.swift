import Installations
import Sealing
import Store
import Webhooks

/// What is written of events and their streams. An event that is not there is not changed.
extension MemoryRows {
    mutating func append(_ event: LifecycleEvent) throws(StoreError) {
        guard installations[event.installation] != nil else { throw .refused("event.installation") }
        try insert(
            EventRow(
                id: event.id, installation: event.installation, type: event.type, receivedAt: event.receivedAt,
                body: event.body.bytes))
    }

    mutating func write(_ change: EventChange) throws(StoreError) {
        switch change {
        case .deliver(let id, _, _, let attempts, _, let at):
            events.update(id) { event in
                (event.state, event.settledAt, event.failure, event.body) = (.delivered, at, nil, nil)
                event.count(attempts)
            }
        case .bury(let id, _, _, let attempts, let failure, let at):
            events.update(id) { event in
                (event.state, event.settledAt, event.failure) = (.dead, at, failure.text)
                event.count(attempts)
            }
            date(id)
        case .postpone(let id, let attempts, let failure):
            events.update(id) { event in
                (event.state, event.failure) = (.pending, failure.text)
                event.count(attempts)
            }
        case .keep(let attempt, let id): keep(attempt, of: id)
        case .replay(let id, _, _, _, let at):
            events.update(id) { event in
                (event.state, event.attempts, event.settledAt, event.replayedAt) = (.pending, 0, nil, at)
            }
            date(id)
        case .erase(let id, _, _): events[id]?.body = nil
        case .removeDelivered(let last):
            events = events.filter { $1.state != .delivered || $0 > last }
            attempts = attempts.filter { events[$0.key] != nil }
        case .removeDead(let id, _, _): (events[id], attempts[id]) = (nil, nil)
        case .hold(let stream, let event, let until, let length):
            try hold(stream, HoldRow(event: event, until: until, length: length, lease: nil))
        case .changeHold(let stream, let until, let length):
            holds.update(stream) { hold in (hold.until, hold.length) = (until, length) }
        // No other process has the store open.
        case .letGo: break
        case .release(let stream): holds[stream] = nil
        case .endRetry(let stream): if holds[stream]?.lease == nil { holds[stream] = nil }
        case .destroyKey(let number, let at): try destroyKey(of: number, at: at)
        case .settingsErased(let stream, let through?): settingsToErase[stream]?.through = through
        case .settingsErased(let stream, nil): settingsToErase[stream] = nil
        }
    }

    mutating func insert(_ event: EventRow) throws(StoreError) {
        guard events[event.id] == nil else { throw .refused("event.id") }
        events[event.id] = event
    }

    /// Holds a stream back, in place of an earlier hold.
    mutating func hold(_ stream: InstallationNumber, _ hold: HoldRow) throws(StoreError) {
        guard installations[stream] != nil else { throw .refused("stream_hold.installation") }
        holds[stream] = hold
    }

    /// An event was replayed or became a dead letter just now, after the last step of the clock.
    private mutating func date(_ id: EventID) {
        if let step = clock.steps.last?.step.number { events[id]?.step = step }
    }
}

extension EventRow {
    /// Counts attempts on, from a number that can be counted on.
    mutating func count(_ attempts: Int) { self.attempts = min(max(self.attempts, 0), 1 << 30) + attempts }
}

package import Installations
import Webhooks

/// What a process may take and deliver, and what it and others tell each other of streams.
extension Store {
    /// Whether those who share the store have heard of this process a moment ago.
    package var isHeard: Bool { membership.isHeard }

    package func isHeard(since moment: ContinuousClock.Instant) -> Bool { membership.isHeard(since: moment) }

    package func call(_ streams: [InstallationNumber]) {
        if isShared, !streams.isEmpty { calling.note(streams) }
    }

    /// Tells others what they may deliver, and hears what they tell.
    ///
    /// - Parameter last: What was heard last; nil at first.
    /// - Returns: The same for the next time.
    package func exchangeCalls(after last: Int64?) async throws(StoreError) -> Int64? {
        guard let shared else { return nil }
        let batch = calling.drain()
        if batch.isShort || !batch.streams.isEmpty {
            do throws(StoreError) {
                try await shared.call(batch.isShort ? [] : batch.streams)
            } catch {
                // Told the next time: they may be nobody's else.
                if batch.isShort { calling.noteShort() } else { calling.note(batch.streams) }
                throw error
            }
        }
        let (calls, next) = try await shared.calls(after: last)
        for call in calls where call.epoch != shared.epoch {
            if call.streams.isEmpty { called.noteShort() } else { called.note(call.streams) }
        }
        return next
    }
}

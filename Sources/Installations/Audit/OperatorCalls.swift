import Synchronization

/// What clients of the operator API do too often for a record each: calls that are refused, and events that are leased. Who
/// holds no key can make thousands of the first a second, and a record can never be removed.
///
/// The first of each kind is recorded at once, and the others summed up in one record when their time is over. Kinds are
/// bounded: beyond that many they are counted without the name of a key. A crash loses the counts of the window under way, and
/// no record.
package final class OperatorCalls: Sendable {
    /// Length of a window, in milliseconds.
    package static let window: Int64 = 600_000
    /// Kinds that are counted apart.
    package static let kinds = 1024

    /// Calls that one record may stand for. Who they are by comes from keys that there are, never from what a stranger sends.
    package struct Kind: Hashable, Sendable {
        let actor: String
        let action: AuditAction
        let subject: String
        let outcome: String

        /// Calls by somebody; `actor` is nil for who has no key.
        package init(by actor: Actor?, _ action: AuditAction, of subject: String = "", outcome: String) {
            self.init(actor?.text ?? "nobody", action, subject, outcome)
        }

        fileprivate init(_ actor: String, _ action: AuditAction, _ subject: String, _ outcome: String) {
            self.actor = actor
            self.action = action
            self.subject = subject
            self.outcome = outcome
        }

        /// The record of so many.
        fileprivate func entry(_ detail: String, at: Timestamp) -> AuditEntry {
            AuditEntry(
                at: at, actor: actor, action: action.rawValue, subject: subject, outcome: outcome, detail: detail)
        }
    }

    private struct Window {
        let begin: Int64
        var count = 0

        /// Also when the clock was put back behind its begin: nothing waits longer than a window.
        func isOver(at: Int64) -> Bool { at < begin || at >= begin + OperatorCalls.window }
    }

    private let windows = Mutex<[Kind: Window]>([:])

    /// Nobody has called yet.
    package init() {}

    /// Takes a call of this kind; whether it gets a record of its own. One that does not is counted, as `count` of what it is
    /// about.
    func admitsRecord(_ kind: Kind, count: Int = 1, at: Timestamp) -> Bool {
        windows.withLock { windows in
            let kind = Self.place(of: kind, windows)
            guard windows[kind] != nil else {
                windows[kind] = Window(begin: at.milliseconds)
                return true
            }
            windows[kind]?.count += count
            return false
        }
    }

    /// Puts a call on record, or counts it. What becomes of the call is settled already, whether that can be written down or not:
    /// what cannot goes into the next record.
    ///
    /// - Parameters:
    ///   - count: How many things it is about.
    ///   - detail: What its own record says beside its kind.
    package func note(
        _ kind: Kind, count: Int = 1, detail: String = "", at: Timestamp, in log: any AuditStore
    ) async {
        guard admitsRecord(kind, count: count, at: at) else { return }
        do throws(StoreError) {
            try await log.append(kind.entry(detail, at: at))
        } catch {
            putBack([(kind, count)], at: at)
        }
    }

    /// The kinds whose windows are over at this moment, with what was counted; they are forgotten.
    package func ended(at: Timestamp) -> [(kind: Kind, count: Int)] {
        windows.withLock { windows in
            let over = windows.filter { $0.value.isOver(at: at.milliseconds) }
            for kind in over.keys { windows[kind] = nil }
            return over.filter { $0.value.count > 0 }.map { ($0.key, $0.value.count) }
        }
    }

    /// Writes a record for each window that has ended by `end`; what cannot be written goes into the next.
    package func record(endedBy end: Timestamp, at: Timestamp, in log: any AuditStore) async throws(StoreError) {
        var rest = ended(at: end)[...]
        while let (kind, count) = rest.first {
            do throws(StoreError) {
                try await log.append(kind.entry("\(count) more", at: at))
            } catch {
                putBack(Array(rest), at: at)
                throw error
            }
            rest = rest.dropFirst()
        }
    }

    /// Takes back what could not be written.
    private func putBack(_ counts: [(kind: Kind, count: Int)], at: Timestamp) {
        windows.withLock { windows in
            for (kind, count) in counts { windows[kind, default: Window(begin: at.milliseconds)].count += count }
        }
    }

    private static func place(of kind: Kind, _ windows: [Kind: Window]) -> Kind {
        if windows.count < kinds || windows[kind] != nil { return kind }
        return Kind("others", kind.action, "", kind.outcome)
    }
}

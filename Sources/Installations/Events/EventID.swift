import Synchronization

/// The id of an inbox event: time-sortable, never reused, the same at every delivery attempt.
///
/// 41 bits of unix milliseconds since 2020 and 22 bits of counter, so the number is also the row's place in the inbox
/// and the newest event is the largest. The text form is `evt_` and 13 characters of Crockford's base 32.
package struct EventID: Hashable, Comparable, Sendable {
    /// The row number in the store; positive.
    package let number: Int64

    /// An id from a store's row.
    package init(number: Int64) {
        self.number = number
    }

    /// The smallest id of a moment: events that arrived before it have smaller ones.
    package init(firstAt moment: Timestamp) {
        number = min(max(0, moment.milliseconds - EventIDGenerator.epoch), .max >> 22) << 22
    }

    /// No clock of this millennium's can make an id from this one on: somebody wrote it into the store. It leaves more ids than are
    /// given out while a process lives.
    package static let end = EventID(number: .max - (1 << 48))

    /// The moment that it stands for. Later than its event's arrival where the clock had been ahead before.
    package var moment: Timestamp { Timestamp(milliseconds: (number >> 22) + EventIDGenerator.epoch) }

    /// Reads the text form; nil for anything else, also for another spelling of the same number.
    package init?(_ text: some StringProtocol) {
        let characters = text.utf8
        guard text.hasPrefix("evt_"), characters.count == 17 else { return nil }
        var number: UInt64 = 0
        for character in characters.dropFirst(4) {
            guard let digit = Self.alphabet.firstIndex(of: character), number >> 59 == 0 else { return nil }
            number = number << 5 | UInt64(digit)
        }
        guard let number = Int64(exactly: number) else { return nil }
        self.number = number
    }

    /// The text form, as `webhook-id` and the command line show it.
    package var text: String {
        var characters = Array("evt_".utf8)
        characters.reserveCapacity(17)
        for shift in stride(from: 60, through: 0, by: -5) {
            characters.append(Self.alphabet[Int(number >> shift) & 31])
        }
        return String(decoding: characters, as: UTF8.self)
    }

    package static func < (left: EventID, right: EventID) -> Bool { left.number < right.number }

    private static let alphabet = Array("0123456789abcdefghjkmnpqrstvwxyz".utf8)
}

/// Gives out event ids that only grow, also over a restart or a clock that was set back.
///
/// Where several processes share a store, ten bits of the counter say whose id it is: so no two give out the same one. Which is
/// larger of two ids of two processes says nothing of which event came first; a store appends an event only above all of its stream.
package final class EventIDGenerator: Sendable {
    fileprivate static let epoch: Int64 = 1_577_836_800_000
    /// Bits that say whose an id is.
    private static let partBits: Int64 = 10

    private let last: Mutex<Int64>
    /// The lowest bits of each id, and how many they are.
    private let (part, bits): (Int64, Int64)

    /// Continues above the largest id in the store.
    ///
    /// - Parameter process: Numbers the processes that share the store; nil where there is one.
    package init(after last: EventID?, process: Int64? = nil) {
        bits = process == nil ? 0 : Self.partBits
        part = (process ?? 0) & ((1 << bits) - 1)
        self.last = Mutex(0)
        if let last { pass(last) }
    }

    /// From now on ids are larger than this one, unless nobody gave it out.
    package func pass(_ id: EventID) {
        guard id < .end else { return }
        last.withLock { $0 = max($0, id.number) }
    }

    /// The next id at `now`. Above four million a millisecond, or four thousand where processes share them, the ids run ahead of the
    /// clock, still growing.
    package func next(at now: Timestamp) -> EventID {
        last.withLock { last in
            let time = max(0, now.milliseconds - Self.epoch) << (22 - bits)
            last = max((last >> bits) + 1, time) << bits | part
            return EventID(number: last)
        }
    }
}

import Installations
import Sealing
import Testing

/// What needs an operator, of what was counted.
@Suite struct AttentionTests {
    private let now = Timestamp(milliseconds: 1_800_000_000_000)

    private func before(seconds: Int64) -> Timestamp { Timestamp(milliseconds: now.milliseconds - seconds * 1000) }

    private func list(
        _ change: (inout StoreSample) -> Void = { _ in }, readiness: String? = nil, waiting: Int = 0
    ) -> [Attention] {
        var sample = StoreSample()
        change(&sample)
        return Attention.list(sample, readiness: readiness, waiting: waiting, room: 100, now: now)
    }

    private func key(_ state: StorageKeyState, _ installations: Int64, promoted: Timestamp? = nil) -> StorageKeyRecord {
        StorageKeyRecord(
            id: .random(), state: state, createdAt: now, promotedAt: promoted, retiredAt: nil, checkValue: [],
            installations: installations, isGenuine: true)
    }

    @Test func `nothing is said while all is well`() { #expect(list().isEmpty) }

    @Test func `an event may wait for a quarter of an hour`() {
        #expect(list { $0.oldestWaiting = before(seconds: 900) }.isEmpty)
        #expect(
            list { $0.oldestWaiting = before(seconds: 901) } == [.waitsLong(since: before(seconds: 901))])
    }

    @Test func `the inbox may be taken up to nine tenths, dead letters included`() {
        #expect(list({ $0.deadEvents = 49 }, waiting: 40).isEmpty)
        #expect(list({ $0.deadEvents = 50 }, waiting: 40) == [.inboxNearlyFull(percent: 90)])
        #expect(list({ $0.deadEvents = .max }, waiting: .max).count <= 1)
    }

    @Test func `a rotation that is not finished says how much is left`() {
        let found = list { $0.storageKeys = [key(.retiring, 59), key(.primary, 41)] }
        #expect(found == [.unfinishedRotation(left: 59, all: 100)])
    }

    @Test func `a key may be in use for a year`() {
        let year: Int64 = 365 * 86_400
        #expect(list { $0.storageKeys = [key(.primary, 1, promoted: before(seconds: year))] }.isEmpty)
        let old = before(seconds: year + 1)
        #expect(list { $0.storageKeys = [key(.primary, 1, promoted: old)] } == [.oldKey(promotedAt: old)])
    }

    @Test func `what is critical comes first, and is said without a count as well`() {
        let found = list(
            { sample in
                sample.oldestWaiting = before(seconds: 10_000)
                sample.damagedValues = 3
            }, readiness: "gone")
        #expect(
            found == [.cannotWork(word: "gone"), .damagedValues(3), .waitsLong(since: before(seconds: 10_000))])
        #expect(
            Attention.list(nil, readiness: "gone", waiting: 0, room: 1, now: now) == [.cannotWork(word: "gone")])
    }
}

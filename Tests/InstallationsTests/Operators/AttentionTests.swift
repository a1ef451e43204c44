import Installations
import Marketplace
import Sealing
import Testing

/// What needs an operator, of what was counted.
@Suite struct AttentionTests {
    private let now = Timestamp(milliseconds: 1_800_000_000_000)

    private func before(seconds: Int64) -> Timestamp { Timestamp(milliseconds: now.milliseconds - seconds * 1000) }

    private func list(_ change: (inout AttentionFacts) -> Void = { _ in }) -> [Attention] {
        var facts = AttentionFacts()
        (facts.sample, facts.recent, facts.room) = (StoreSample(), RecentFacts(), 100)
        change(&facts)
        return Attention.list(facts, at: now)
    }

    private func recent(_ change: (inout RecentFacts) -> Void) -> [Attention] {
        var recent = RecentFacts()
        change(&recent)
        return list { $0.recent = recent }
    }

    private func sample(_ change: (inout StoreSample) -> Void) -> [Attention] {
        var sample = StoreSample()
        change(&sample)
        return list { $0.sample = sample }
    }

    private func key(
        _ state: StorageKeyState, _ installations: Int64, created: Timestamp? = nil, promoted: Timestamp? = nil
    ) -> StorageKeyRecord {
        StorageKeyRecord(
            id: .random(), state: state, createdAt: created ?? now, promotedAt: promoted, retiredAt: nil,
            checkValue: [],
            installations: installations, isGenuine: true)
    }

    /// Counts so many minutes ago.
    private func counts(_ series: HistorySeries, _ counts: [Int64: Int64]) -> [HistoryCount] {
        counts.map { ago, count in
            HistoryCount(number: HistorySpan.minute.number(of: now) - ago, series: series, count: count)
        }
    }

    @Test func `nothing is said while all is well`() { #expect(list().isEmpty) }

    @Test func `an event may wait for a quarter of an hour`() {
        #expect(recent { $0.oldestWaiting = before(seconds: 900) }.isEmpty)
        #expect(
            recent { $0.oldestWaiting = before(seconds: 901) } == [.waitsLong(since: before(seconds: 901))])
    }

    @Test func `the inbox may be taken up to nine tenths, dead letters included`() {
        func list(dead: Int64, waiting: Int) -> [Attention] {
            self.list { facts in
                facts.sample?.deadEvents = dead
                facts.waiting = waiting
            }
        }
        #expect(list(dead: 49, waiting: 40).isEmpty)
        #expect(list(dead: 50, waiting: 40) == [.inboxNearlyFull(percent: 90)])
        #expect(list(dead: .max, waiting: .max).count <= 1)
        #expect(self.list { $0.fullness = 0.89 }.isEmpty)
        #expect(self.list { $0.fullness = 0.9 } == [.inboxNearlyFull(percent: 90)])
    }

    @Test func `a rotation that is not finished says how much is left, unless somebody works on it`() {
        let keys = [key(.retiring, 59), key(.primary, 41)]
        let found = sample { $0.storageKeys = keys }
        #expect(found == [.unfinishedRotation(left: 59, all: 100)])
        #expect(found.first?.title == "The rotation stopped at 41 %")
        let atWork = list { facts in
            facts.sample?.storageKeys = keys
            facts.isRotating = true
        }
        #expect(atWork.isEmpty)
        // What was counted is older than its end.
        let ended = list { facts in
            facts.sample?.storageKeys = keys
            facts.recent?.isRotationOpen = false
        }
        #expect(ended.isEmpty)
        #expect(sample { $0.storageKeys = [key(.disabled, 0), key(.primary, 41)] }.isEmpty)
    }

    @Test func `a storage key is old after a year`() {
        let year: Int64 = 365 * 86_400
        #expect(sample { $0.storageKeys = [key(.primary, 1, promoted: before(seconds: year))] }.isEmpty)
        let promoted = before(seconds: year + 1)
        #expect(
            sample { $0.storageKeys = [key(.primary, 1, promoted: promoted)] } == [.oldKey(promotedAt: promoted)])
    }

    @Test func `a backup is made every week, and after a new storage key`() {
        let week: Int64 = 7 * 86_400
        func list(_ backup: Timestamp?, begun: Timestamp, key made: Timestamp) -> [Attention] {
            self.list {
                $0.recent?.newestBackup = backup
                $0.recent?.begun = begun
                $0.sample?.storageKeys = [key(.primary, 1, created: made)]
            }
        }
        let old = before(seconds: 100 * week)
        #expect(list(before(seconds: week), begun: old, key: old).isEmpty)
        #expect(list(before(seconds: week + 1), begun: old, key: old) == [.oldBackup(before(seconds: week + 1))])
        #expect(list(before(seconds: 60), begun: old, key: before(seconds: 59)) == [.oldBackup(before(seconds: 60))])
        #expect(list(nil, begun: before(seconds: week), key: before(seconds: week)).isEmpty)
        #expect(list(nil, begun: before(seconds: week + 1), key: old) == [.oldBackup(nil)])
    }

    @Test func `dead letters are told of for a quarter of an hour`() {
        #expect(recent { $0.lastHour = counts(.dead, [14: 2, 3: 5]) } == [.deadLettersGrew(7)])
        #expect(recent { $0.lastHour = counts(.dead, [15: 2]) }.isEmpty)
    }

    @Test func `refusals are told of above sixty a minute and ten times the usual`() {
        func list(_ counts: [Int64: Int64], usual: Int64 = 0) -> [Attention] {
            var all = Dictionary(uniqueKeysWithValues: (2...60).map { ($0 as Int64, usual) })
            all.merge(counts) { $1 }
            return recent { $0.lastHour = self.counts(.refused("signature"), all) }
        }
        func told(_ count: Int64, usual: Int64 = 0) -> [Attention] {
            [.manyRefusals(inMinute: count, usual: usual, reason: "signature")]
        }
        #expect(list([0: 60]).isEmpty)
        #expect(list([0: 61]) == told(61))
        #expect(list([1: 61]) == told(61))
        #expect(list([2: 5000]).isEmpty)
        #expect(list([0: 99], usual: 10).isEmpty)
        #expect(list([0: 100], usual: 10) == told(100, usual: 10))
    }

    @Test func `a target that is down and a token that does not match are named, worst first`() throws {
        let id = InstallationID(
            addonKey: try #require(AddonKey("some-addon")), workspaceID: try #require(WorkspaceID("ws1")),
            addonID: try #require(AddonID("inst1")))
        let mismatch = MismatchedInstallation(id: id, count: 12, lastAt: now)
        let target = TargetTrouble(addonKey: id.addonKey, name: "default", since: now, cause: "cannot connect")
        let found = list { facts in
            facts.recent?.mismatched = [mismatch, mismatch]
            facts.targets = [target]
        }
        #expect(found == [.targetDown(target), .tokenMismatches(mismatch, installations: 2)])
        #expect(found.map(\.isCritical) == [true, false])
        #expect(found.map(\.workspaces) == [nil, 2])
        #expect(found.first?.message.contains("cannot connect") == true)
        #expect(found.last?.remedy == "innkeeper installations show ws1")
    }

    @Test func `while nothing can be counted what is known is said`() {
        var facts = AttentionFacts()
        facts.readiness = "gone"
        #expect(Attention.list(facts, at: now) == [.cannotWork(word: "gone")])
    }
}

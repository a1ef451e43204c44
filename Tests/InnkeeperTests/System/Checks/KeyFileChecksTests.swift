import Foundation
import Installations
import Sealing
import TestSupport
import Testing

@testable import Innkeeper

@Suite struct KeyFileChecksTests {
    private let home: TemporaryDirectory
    private let directory: KeyDirectory
    private let now = TestClock().now

    init() throws {
        home = try TemporaryDirectory()
        directory = KeyDirectory(path: home.path + "/keys")
        try directory.ensureDirectory()
    }

    private func key(_ state: StorageKeyState, file: Bool = true) throws -> StorageKeyRecord {
        let key = StorageKey.random()
        if file { try directory.create(key) }
        return record(key.id, state, key.checkValue)
    }

    private func record(
        _ id: StorageKeyID, _ state: StorageKeyState, _ check: [UInt8], installations: Int64 = 0, days: Int64 = 1
    ) -> StorageKeyRecord {
        let then = Timestamp(milliseconds: now.milliseconds - days * 24 * 3600 * 1000)
        return StorageKeyRecord(
            id: id, state: state, createdAt: then, promotedAt: then, retiredAt: nil, checkValue: check,
            installations: installations, isGenuine: true)
    }

    private func statuses(_ keys: StorageKeyRecord...) -> [Finding.Status] {
        let findings = KeyFileChecks(directory: directory, keys: keys, now: now).findings()
        for finding in findings where finding.status != .ok { #expect(finding.fix != nil) }
        return findings.map(\.status)
    }

    @Test func `keys with their files are well`() throws {
        let primary = try key(.primary)
        #expect(statuses(primary, try key(.disabled), try key(.prepared)) == [.ok, .ok])
        #expect(statuses(primary, try key(.destroyed, file: false)).last == .ok)
    }

    @Test func `a file that is missing fails where it is needed, and warns where it is not`() throws {
        let primary = try key(.primary)
        #expect(statuses(primary, try key(.retiring, file: false)) == [.fail, .ok])
        #expect(statuses(primary, try key(.disabled, file: false)) == [.warn, .ok])
        #expect(statuses(primary, try key(.prepared, file: false)) == [.warn, .ok])
    }

    @Test func `another key under the same id shows, also when it is disabled`() throws {
        let primary = try key(.primary)
        let (one, other) = (try key(.retiring), try key(.disabled))
        let wrong = [UInt8](repeating: 7, count: 16)
        #expect(
            statuses(primary, record(one.id, .retiring, wrong), record(other.id, .disabled, wrong))
                == [.fail, .warn, .ok])
    }

    @Test func `a file that no row knows, and one of a destroyed key, are findings`() throws {
        let primary = try key(.primary)
        #expect(statuses(primary, try key(.destroyed)) == [.warn, .ok])
        #expect(statuses(primary) == [.warn, .ok])
    }

    @Test func `a key out of use with installations is a failure`() throws {
        let (primary, old) = (try key(.primary), try key(.disabled))
        #expect(statuses(primary, record(old.id, .disabled, old.checkValue, installations: 3)) == [.fail, .ok])
    }

    @Test func `a primary is due after a year`() throws {
        let primary = try key(.primary)
        #expect(statuses(record(primary.id, .primary, primary.checkValue, days: 365)) == [.ok, .ok])
        #expect(statuses(record(primary.id, .primary, primary.checkValue, days: 366)) == [.ok, .warn])
        #expect(statuses().last == .fail)
    }

    @Test func `a file that others can read is a failure`() throws {
        let primary = try key(.primary)
        try FileManager.default.setAttributes(
            [.posixPermissions: 0o644], ofItemAtPath: "\(directory.path)/\(primary.id).key")
        #expect(statuses(primary) == [.fail, .ok])
    }
}

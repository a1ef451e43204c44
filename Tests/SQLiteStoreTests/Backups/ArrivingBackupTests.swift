import Installations
import SQLiteStore
import Store
import TestSupport
import Testing

@Suite struct ArrivingBackupTests {
    private let test: TestStore

    init() throws { test = try TestStore() }

    private func backup() async throws -> [UInt8] {
        let draft = try await test.store.draftBackup(with: [], program: "test", at: TestClock().now)
        var bytes: [UInt8] = []
        while bytes.count < draft.bytes { bytes += try await draft.read(65536, from: Int64(bytes.count)) }
        return bytes
    }

    /// Whether these bytes are taken for a whole backup, in pieces of this length.
    private func isWhole(_ bytes: [UInt8], pieces: Int = 1 << 16) -> Bool {
        let arriving = ArrivingBackup()
        for begin in stride(from: 0, to: bytes.count, by: pieces) {
            arriving.append(bytes[begin..<min(begin + pieces, bytes.count)])
        }
        #expect(arriving.bytes == bytes.count)
        return arriving.isWhole()
    }

    @Test func `all of it is whole, however it comes`() async throws {
        let bytes = try await backup()
        for pieces in [1 << 16, 4095, 177, 178, 179, bytes.count] { #expect(isWhole(bytes, pieces: pieces)) }
    }

    @Test func `a part of it, or anything changed or added, is not`() async throws {
        let bytes = try await backup()
        for count in [0, 1, 177, 178, 4096, bytes.count / 2, bytes.count - 178, bytes.count - 1] {
            #expect(!isWhole(Array(bytes.prefix(count))), "\(count)")
        }
        for index in [0, bytes.count / 2, bytes.count - 179, bytes.count - 178, bytes.count - 64] {
            var changed = bytes
            changed[index] ^= 1
            #expect(!isWhole(changed), "\(index)")
        }
        #expect(!isWhole(bytes + [0]) && !isWhole(Array(bytes.dropFirst())))
    }
}

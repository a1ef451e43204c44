import Testing

@testable import SQLiteStore
@testable import Store

@Suite struct FileSystemRoomTests {
    @Test func `the room of a file system is counted`() throws {
        let room = try #require(FileSystemRoom(at: "/"))
        #expect(room.total > 0 && room.free <= room.total)
        #expect(FileSystemRoom(at: "/nowhere/at/all") == nil)
    }

    @Test func `one that says it has more than can be counted has as much as can be`() {
        #expect(FileSystemRoom.bytes(of: 1 << 50, each: 1 << 20) == .max)
        #expect(FileSystemRoom.bytes(of: .max, each: 1) == .max)
        #expect(FileSystemRoom.bytes(of: 3, each: 4096) == 12_288)
    }
}

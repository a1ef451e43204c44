import Foundation
import Glibc
import Store
import TestSupport
import Testing

@testable import Innkeeper

@Suite(.timeLimit(.minutes(1))) struct BackupTargetTests {
    private let directory: TemporaryDirectory
    private let path: String

    init() throws {
        directory = try TemporaryDirectory()
        path = directory.path + "/a.backup"
    }

    private func names() throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: directory.path).sorted()
    }

    @Test func `a file has its name when it is kept, and is only this user's`() throws {
        let target = try BackupTargetFile(path)
        try target.write([1, 2, 3]) { false }
        #expect(try names().allSatisfy { $0.hasPrefix(".a.backup.partial-") })
        try target.keep()
        target.discard()
        #expect(try names() == ["a.backup"])
        #expect(try Data(contentsOf: URL(filePath: path)) == Data([1, 2, 3]))
        let attributes = try FileManager.default.attributesOfItem(atPath: path)
        #expect(attributes[.posixPermissions] as? UInt == 0o600)
    }

    @Test func `one that is not kept leaves nothing`() throws {
        let target = try BackupTargetFile(path)
        try target.write([1, 2, 3]) { false }
        target.discard()
        #expect(try names() == [])
    }

    @Test func `a name that is taken is left as it is, also when that happens meanwhile`() throws {
        let target = try BackupTargetFile(path)
        try Data("mine".utf8).write(to: URL(filePath: path))
        #expect { try target.keep() } throws: { ($0 as? CommandError)?.status == .conflict }
        target.discard()
        #expect { try BackupTargetFile(path) } throws: { ($0 as? CommandError)?.status == .conflict }
        #expect(try String(contentsOfFile: path, encoding: .utf8) == "mine")
        #expect(try names() == ["a.backup"])
    }

    @Test func `a directory that takes no file is known before anything is asked for`() {
        #expect { try BackupTargetFile(path + "/none") } throws: { ($0 as? CommandError)?.status == .failure }
    }

    // MARK: Standard output

    private func pipe() throws -> (reader: Int32, writer: Int32) {
        var ends: [Int32] = [-1, -1]
        try #require(Glibc.pipe(&ends) == 0)
        return (ends[0], ends[1])
    }

    @Test func `a terminal is refused`() throws {
        var (controller, terminal): (Int32, Int32) = (-1, -1)
        try #require(openpty(&controller, &terminal, nil, nil, nil) == 0)
        defer { for end in [controller, terminal] { close(end) } }
        #expect { try BackupTargetOutput(descriptor: terminal, patience: .seconds(1)) } throws: {
            ($0 as? CommandError)?.status == .usage
        }
    }

    @Test func `a reader that stops reading is not waited for without end`() throws {
        let (reader, writer) = try pipe()
        defer { for end in [reader, writer] { close(end) } }
        let target = try BackupTargetOutput(descriptor: writer, patience: .milliseconds(50))
        #expect { try target.write(Array(repeating: 0, count: 1 << 20)) { false } } throws: {
            ($0 as? CommandError)?.message == "nobody reads the output"
        }
        #expect(throws: CancellationError.self) { try target.write([0]) { true } }
    }

    @Test func `a reader that went away is a failure, as not all of it arrived`() throws {
        signal(SIGPIPE, SIG_IGN)
        let (reader, writer) = try pipe()
        close(reader)
        defer { close(writer) }
        let target = try BackupTargetOutput(descriptor: writer, patience: .seconds(60))
        #expect { try target.write([0]) { false } } throws: { ($0 as? CommandError)?.status == .failure }
    }

    @Test func `everything arrives, and a pipe needs no sync`() async throws {
        let (reader, writer) = try pipe()
        let target = try BackupTargetOutput(descriptor: writer, patience: .seconds(60))
        let bytes = (0..<(1 << 20)).map { UInt8(truncatingIfNeeded: $0 / 7) }
        async let arrived = OwnThread.run { _ in
            try FileHandle(fileDescriptor: reader, closeOnDealloc: true).readToEnd()
        }
        try await OwnThread.run { isCancelled in
            for begin in stride(from: 0, to: bytes.count, by: 10_007) {
                try target.write(Array(bytes[begin..<min(begin + 10_007, bytes.count)]), isCancelled)
            }
            try target.keep()
            close(writer)
        }
        #expect(try await arrived == Data(bytes))
    }
}

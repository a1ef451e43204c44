import Foundation
import Synchronization
import TestSupport
import Testing

@testable import Innkeeper

/// What the command makes of servers that do not send what they say.
@Suite(.timeLimit(.minutes(1))) struct BackupReceivingTests {
    /// Remembers whether it was asked to keep what came.
    private final class Target: BackupTarget {
        let name = "/a.backup"
        let bytes = Mutex<[UInt8]>([])
        let isKept = Mutex(false)

        func write(_ bytes: [UInt8], _ isCancelled: () -> Bool) throws { self.bytes.withLock { $0 += bytes } }

        func keep() throws { isKept.withLock { $0 = true } }

        func discard() {}
    }

    private func receive(_ answer: String) async throws -> (error: CommandError?, target: Target) {
        let bed = try SettingsBed()
        let (path, target) = (bed.path + "/a.sock", Target())
        let server = try #require(CannedServer(path: path, answer: answer))
        defer { server.stop() }
        do {
            _ = try await OperatorClient.with(socket: path) { try await BackupReceiving(target: target).run($0) }
            return (nil, target)
        } catch {
            return (error as? CommandError, target)
        }
    }

    private let head = "HTTP/1.1 200 OK\r\ninnkeeper-backup-id: 1\r\nconnection: close\r\n"

    @Test func `one that ends early is not kept`() async throws {
        let (error, target) = try await receive(head + "content-length: 100\r\n\r\nhalf")
        #expect(error?.status == .unavailable && error?.message.contains("before all of the backup") == true)
        #expect(target.bytes.withLock { $0 } == Array("half".utf8) && !target.isKept.withLock { $0 })
    }

    @Test func `one without its seal is not kept, whatever its length says`() async throws {
        let body = String(repeating: "a", count: 1000)
        let (error, target) = try await receive(head + "content-length: 1000\r\n\r\n" + body)
        #expect(error?.status == .failure && error?.message.contains("no whole backup") == true)
        #expect(target.bytes.withLock { $0.count } == 1000 && !target.isKept.withLock { $0 })
    }

    @Test func `an answer that is no backup is not written`() async throws {
        for answer in [
            "HTTP/1.1 201 Created\r\ncontent-length: 2\r\n\r\n{}", head + "transfer-encoding: chunked\r\n\r\n0\r\n\r\n",
        ] {
            let (error, target) = try await receive(answer)
            #expect(error?.message.contains("not understood") == true)
            #expect(target.bytes.withLock { $0 } == [] && !target.isKept.withLock { $0 })
        }
    }
}

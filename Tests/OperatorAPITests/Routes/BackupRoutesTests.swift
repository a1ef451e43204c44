import Dispatch
import Foundation
import Glibc
import HTTPTypes
import HummingbirdTesting
import Installations
import NIOCore
import SQLiteStore
import Sealing
import Store
import Synchronization
import TestSupport
import Testing

@testable import OperatorAPI

@Suite(.timeLimit(.minutes(1))) struct BackupRoutesTests {
    private func body(_ name: String) -> String { #"{"name":"\#(name)"}"# }

    private func records(_ harness: Harness) async throws -> [AuditEntry] {
        try await harness.deployment.test.store.auditRecords(since: nil, of: nil, page: PageRequest()).items.map(
            \.entry)
    }

    /// What the log says of backups, newest first.
    private func outcomes(_ harness: Harness) async throws -> [String] {
        try await records(harness).filter { $0.action == "deployment.backup" }.map(\.outcome)
    }

    /// A backup as it is sent, and the id by which it is kept.
    private func fetch(_ client: any TestClientProtocol, as name: String) async throws -> (bytes: Data, id: String) {
        let answer = try await client.executeRequest(
            uri: "/api/v1/backup", method: .post, headers: [:], body: ByteBuffer(string: body(name)))
        #expect(answer.status == .ok)
        #expect(answer.headers[.contentLength] == String(answer.body.readableBytes))
        let id = try #require(HTTPField.Name(BackupFields.id).flatMap { answer.headers[$0] })
        return (Data(answer.body.readableBytesView), id)
    }

    @Test func `the socket's user is sent a backup, which is on record when it is kept`() async throws {
        let harness = try await Harness()
        let test = harness.deployment.test
        let (path, key) = (test.directory.path + "/a.backup", try #require(test.keyring.ids.first))
        try await harness.serving(.local(userID: 7)) { (client) async throws in
            let (bytes, id) = try await fetch(client, as: path)
            #expect(!FileManager.default.fileExists(atPath: path), "the server writes no file")
            try bytes.write(to: URL(filePath: path))
            let copy = try SealedBackup(file: path).open(at: path + ".sqlite", with: test.keyring)
            #expect(copy.manifest.keys == [key])
            #expect(try await test.store.newestBackup(needing: key)?.path == nil)
            let answer = try await client.ask(.post, "/api/v1/backup/\(id)/keep")
            #expect(answer.status == 201)
            let made = try JSONDecoder().decode(BackupJSON.self, from: Data(answer.body.utf8))
            #expect(made.path == path && made.installations == 0 && made.keys == [key.description])
            #expect(made.bytes == bytes.count)
            #expect(try await test.store.newestBackup(needing: key)?.path == path)
            #expect(try await client.ask(.post, "/api/v1/backup/\(id)/keep").status == 404)
            for name in ["relative", "", "/a/", "/" + String(repeating: "a", count: 4096)] {
                #expect(try await client.ask(.post, "/api/v1/backup", body: body(name)).status == 400, "\(name)")
            }
            #expect(try await client.ask(.post, "/api/v1/backup", body: #"{"path":"/a"}"#).status == 400)
        }
        #expect(try await outcomes(harness) == ["sent"])
        #expect(try await records(harness).last { $0.action == "deployment.backup" }?.actor == "local:7")
    }

    @Test func `one is under way at a time, and the next when the first is let go`() async throws {
        let harness = try await Harness()
        try await harness.serving(.local(userID: 7)) { (client) async throws in
            let first = try await harness.services.backups.make(as: "/first", actor: .system)
            let second = try await client.ask(.post, "/api/v1/backup", body: body("-"))
            #expect(second.status == 409 && second.body.contains("/first"))
            _ = consume first
        }
        try await harness.serving(.local(userID: 7)) { (client) async throws in
            for _ in 1...2 { #expect(try await client.ask(.post, "/api/v1/backup", body: body("-")).status == 200) }
        }
    }

    /// More than the buffers between a server and a client take.
    private static let large = (0..<4).map { number in
        BackupFile(name: "addons/\(number).json", bytes: Array(repeating: 32, count: 4 << 20))
    }

    /// A client that asks for a backup and reads the first byte of it.
    private func stall(_ client: any TestClientProtocol) async throws -> FileHandle {
        let port = UInt16(try #require(client.port))
        // On a thread of its own: the server has only as many as there are cores.
        return try await withCheckedThrowingContinuation { continuation in
            DispatchQueue.global().async { continuation.resume(with: Result { try stall(at: port) }) }
        }
    }

    private func stall(at port: UInt16) throws -> FileHandle {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        let size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isConnected = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { connect(descriptor, $0, size) == 0 }
        }
        #expect(isConnected)
        let body = body("/stalled")
        let request = "POST /api/v1/backup HTTP/1.1\r\nhost: x\r\ncontent-length: \(body.utf8.count)\r\n\r\n\(body)"
        let handle = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
        try handle.write(contentsOf: Data(request.utf8))
        #expect(try handle.read(upToCount: 1)?.count == 1)
        return handle
    }

    @Test func `who takes nothing for too long is cut off, and holds up nobody`() async throws {
        let harness = try await Harness(files: Self.large)
        var limits = OperatorLimits()
        limits.partTime = .milliseconds(50)
        try await harness.serving(.local(userID: 7), limits: limits) { (client) async throws in
            let stalled = try await stall(client)
            // Nothing tells when it is cut. Asking without a pause would keep the very threads busy that are to do it.
            while try await outcomes(harness).isEmpty { try await Task.sleep(for: .milliseconds(20)) }
            #expect(try await outcomes(harness).first?.hasPrefix("refused: ended after") == true)
            try stalled.close()
        }
        try await harness.serving(.local(userID: 7)) { (client) async throws in
            #expect(try await fetch(client, as: "/next").bytes.count > 16 << 20)
        }
    }

    @Test func `a server that stops waits for nobody who takes nothing`() async throws {
        let harness = try await Harness(files: Self.large)
        let stalled = Mutex<FileHandle?>(nil)
        try await harness.serving(.local(userID: 7)) { (client) async throws in
            let handle = try await stall(client)
            stalled.withLock { $0 = handle }
        }
        #expect(try await outcomes(harness).first?.hasPrefix("refused: ended after") == true)
    }

    @Test func `an API key must not make this machine copy its store, an administrator's neither`() async throws {
        let harness = try await Harness()
        let bearer = try await harness.bearer(.admin)
        try await harness.serving { (client) async throws in
            for uri in ["/api/v1/backup", "/api/v1/backup/0/keep"] {
                #expect(try await client.ask(.post, uri, bearer, body: body("/a.backup")).status == 403)
                #expect(try await client.ask(.post, uri, body: body("/a.backup")).status == 401)
            }
        }
        #expect(try await outcomes(harness) == [])
    }

    @Test func `a disk without room is unavailable, and says how much is missing`() async throws {
        let harness = try await Harness(over: TestStore(minFreeBytes: .max))
        try await harness.serving(.local(userID: 7)) { (client) async throws in
            let answer = try await client.ask(.post, "/api/v1/backup", body: body("-"))
            #expect(answer.status == 503 && answer.body.contains("MiB") && answer.body.contains("make room"))
        }
    }

    @Test func `the end of a key names the newest backup that needs it, and so does the refusal before`() async throws {
        let harness = try await Harness()
        let path = harness.deployment.test.directory.path + "/a.backup"
        let old = try #require(harness.deployment.test.keyring.ids.first)
        try await harness.serving(.local(userID: 7)) { (client) async throws in
            let (_, id) = try await fetch(client, as: path)
            #expect(try await client.ask(.post, "/api/v1/backup/\(id)/keep").status == 201)
            let added = try await client.ask(.post, "/api/v1/keys")
            let key = try JSONDecoder().decode(StorageKeyJSON.self, from: Data(added.body.utf8))
            #expect(try await client.ask(.post, "/api/v1/keys/\(key.id)/promote").status == 200)
            _ = try await client.ask(.post, "/api/v1/keys/rewrap")
            #expect(try await client.ask(.post, "/api/v1/keys/\(old)/retire").status == 200)
            let early = try await client.ask(
                .post, "/api/v1/keys/\(old)/destroy", body: #"{"confirm":"\#(old)"}"#)
            #expect(early.status == 409 && early.body.contains(path))
            let done = try await client.ask(
                .post, "/api/v1/keys/\(old)/destroy", body: #"{"confirm":"\#(old)","now":true}"#)
            let destroyed = try JSONDecoder().decode(DestroyedKeyJSON.self, from: Data(done.body.utf8))
            #expect(destroyed.key.state == "destroyed" && destroyed.newestBackup?.path == path)
            let json = try #require(try JSONSerialization.jsonObject(with: Data(done.body.utf8)) as? [String: Any])
            #expect(json["id"] as? String == old.description && json["key"] == nil)
        }
    }

    @Test func `what cannot be undone is taken over the socket only`() async throws {
        let harness = try await Harness()
        let bearer = try await harness.bearer(.admin)
        let key = try #require(harness.deployment.test.keyring.ids.first)
        let (uri, asked) = ("/api/v1/keys/\(key)/destroy", #"{"confirm":"\#(key)","now":true}"#)
        try await harness.serving { (client) async throws in
            #expect(try await client.ask(.post, uri, bearer, body: asked).status == 403)
        }
        try await harness.serving(.local(userID: 7)) { (client) async throws in
            #expect(try await client.ask(.post, uri, body: asked).status == 409)
        }
        let refused = try await records(harness).filter { $0.outcome.hasPrefix("refused") }
        #expect(refused.map(\.action) == ["storage-key.destroy", "operator.call"])
        #expect(refused.first?.actor == "local:7" && refused.last?.outcome == "refused: over the network")
    }

    @Test func `what is refused is audited with who asked`() async throws {
        let harness = try await Harness()
        let bearer = try await harness.bearer(.admin)
        let key = try #require(harness.deployment.test.keyring.ids.first)
        let nobody = "/api/v1/installations/test-addon/ws9/none"
        try await harness.serving { (client) async throws in
            for (path, body, status) in [
                ("/api/v1/keys/\(key)/retire", "{}", 409),
                ("/api/v1/keys/0123456789abcdef/promote", "{}", 404),
                ("\(nobody)/token", #"{"reason":"why"}"#, 404), ("\(nobody)/forget", #"{"reason":"why"}"#, 404),
            ] {
                #expect(try await client.ask(.post, path, bearer, body: body).status == status, "\(path)")
            }
            #expect(try await client.ask(.delete, "/api/v1/api-keys/00000000", bearer).status == 404)
            #expect(try await client.ask(.get, "/api/v1/events/evt_0000000000001/body", bearer).status == 404)
        }
        let entries = try await records(harness).filter { $0.outcome.hasPrefix("refused") }
        #expect(
            Set(entries.map(\.action)) == [
                "storage-key.retire", "storage-key.promote", "installation.token",
                "installation.forget", "api-key.revoke", "event.body",
            ])
        #expect(entries.allSatisfy { $0.actor.hasPrefix("api-key:") })
        // A word outside the closed vocabulary would be a slip in a route.
        #expect(entries.allSatisfy { AuditAction(rawValue: $0.action) != nil })
    }

    @Test func `a kept head is compared, and nonsense is refused`() async throws {
        let harness = try await Harness()
        let bearer = try await harness.bearer(.admin)
        try await harness.serving { (client) async throws in
            let list = try await client.ask(.get, "/api/v1/audit?limit=1", bearer)
            let newest = try #require(
                try JSONDecoder().decode(AuditPageJSON.self, from: Data(list.body.utf8)).records.first)
            func verdict(_ head: String) async throws -> AuditVerdictJSON {
                let answer = try await client.ask(.get, "/api/v1/audit/verify?head=\(head)", bearer)
                return try JSONDecoder().decode(AuditVerdictJSON.self, from: Data(answer.body.utf8))
            }
            for space in ["%20", "+"] {
                #expect(try await verdict("\(newest.number)\(space)\(newest.hash)").intact)
            }
            #expect(try await verdict("\(newest.number + 1)%20\(newest.hash)").problem == "truncated")
            #expect(try await verdict("1%20\(newest.hash)").problem == "rewritten")
            for number in ["0", "x", "01", "%2B1", "1%20", "9223372036854775808"] {
                let head = "\(number)%20\(newest.hash)"
                #expect(try await client.ask(.get, "/api/v1/audit/verify?head=\(head)", bearer).status == 400)
            }
            for head in ["1", "1%20abc"] {
                #expect(try await client.ask(.get, "/api/v1/audit/verify?head=\(head)", bearer).status == 400)
            }
        }
    }
}

import ArgumentParser
import Foundation
import GRDB
import Installations
import SQLiteStore
import Sealing
import Store

/// `bench rotate`: a whole rotation against a plain UPDATE of the same rows in the same batches.
struct RotateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rotate", abstract: "A rotation against a plain UPDATE of the same rows, interleaved.")

    @Option(help: "A seeded deployment; it is copied for each round.")
    var dataDir: String

    @Option(help: "How often each is measured.")
    var rounds = 5

    @Option(help: "Where copies are made.")
    var scratch: String

    @Flag(help: "Leave the re-encryption out.")
    var shallow = false

    private struct Result: Encodable {
        var installations = 0
        var plainUpdateSeconds: [Double] = []
        var rewrapSeconds: [Double] = []
        var rotateSeconds: [Double] = []
        var reencryptSeconds: [Double] = []
        var residentKilobytes: [Int] = []

        func median(_ values: [Double]) -> Double { values.sorted()[values.count / 2] }
    }

    func run() async throws {
        var result = Result()
        for _ in 0..<rounds {
            result.plainUpdateSeconds.append(try copied { try plainUpdate($0) })
            result.rewrapSeconds.append(try await copied { try await rewrap($0) })
            let (seconds, report) = try await copied { try await rotate($0, reencrypt: false) }
            result.rotateSeconds.append(seconds)
            result.installations = report.installations
            if !shallow { result.reencryptSeconds.append(try await copied { try await rotate($0, reencrypt: true).0 }) }
            result.residentKilobytes.append(Self.resident())
        }
        let base = result.median(result.plainUpdateSeconds)
        print("installations               \(result.installations)")
        print("plain UPDATE                \(format(base)) s")
        for (name, values) in [
            ("rewrap", result.rewrapSeconds), ("rotate (with verify)", result.rotateSeconds),
            ("rotate --reencrypt", result.reencryptSeconds),
        ] where !values.isEmpty {
            let median = result.median(values)
            print(
                "\(name.padding(toLength: 27, withPad: " ", startingAt: 0)) \(format(median)) s  "
                    + "ratio \(format(median / base))")
        }
        print("resident memory             \(result.residentKilobytes.max() ?? 0) kB")
        print(String(decoding: try JSONEncoder().encode(result), as: UTF8.self))
    }

    private func format(_ value: Double) -> String { String(format: "%.2f", value) }

    private func copied<T>(_ body: (String) throws -> T) throws -> T {
        let copy = try copy()
        defer { try? FileManager.default.removeItem(atPath: copy) }  // A leftover copy is only disk space.
        return try body(copy)
    }

    private func copied<T>(_ body: (String) async throws -> T) async throws -> T {
        let copy = try copy()
        defer { try? FileManager.default.removeItem(atPath: copy) }  // A leftover copy is only disk space.
        return try await body(copy)
    }

    private func copy() throws -> String {
        let path = scratch + "/" + UUID().uuidString
        try FileManager.default.copyItem(atPath: dataDir, toPath: path)
        for file in ["/keys", ""] {
            try FileManager.default.setAttributes([.posixPermissions: 0o700], ofItemAtPath: path + file)
        }
        sync()
        return path
    }

    /// What a store that knows no keys would have to do: the same rows, columns, batches and durability.
    private func plainUpdate(_ directory: String) throws -> Double {
        let pool = try DatabasePool(path: directory + "/innkeeper.sqlite")
        try pool.writeWithoutTransaction { db in
            try db.execute(sql: "PRAGMA synchronous = FULL; PRAGMA secure_delete = ON")
            try db.execute(
                sql: """
                    INSERT INTO storage_key (id, state, created_at, check_value)
                    VALUES ('00000000000000ff', 'prepared', 0, zeroblob(16))
                    """)
        }
        let value = Data((0..<90).map { _ in UInt8.random(in: 0...255) })
        let start = ContinuousClock.now
        var last: Int64 = 0
        while true {
            let numbers = try pool.read { db in
                try Int64.fetchAll(
                    db, sql: "SELECT number FROM installation WHERE number > ? ORDER BY number LIMIT 250",
                    arguments: [last])
            }
            guard let end = numbers.last else { break }
            last = end
            try pool.write { db in
                let statement = try db.cachedStatement(
                    sql: """
                        UPDATE installation SET wrapped_key = ?, storage_key = '00000000000000ff', version = version + 1
                        WHERE number = ?
                        """)
                for number in numbers { try statement.execute(arguments: [value, number]) }
            }
        }
        let seconds = Self.seconds(since: start)
        try pool.close()
        return seconds
    }

    private func rewrap(_ directory: String) async throws -> Double {
        try await opened(directory) { manager in
            let key = try await manager.add(actor: .system)
            _ = try await manager.advance(key.id, by: .promote, actor: .system)
            let start = ContinuousClock.now
            _ = try await manager.rewrapAll(by: KeyWorker(actor: .system)) { _ in }
            return Self.seconds(since: start)
        }
    }

    private func rotate(_ directory: String, reencrypt: Bool) async throws -> (Double, RotationReport) {
        try await opened(directory) { manager in
            let start = ContinuousClock.now
            let report = try await manager.rotate(reencrypt: reencrypt, by: KeyWorker(actor: .system)) { _ in }
            return (Self.seconds(since: start), report)
        }
    }

    private func opened<T>(_ directory: String, _ body: (StorageKeyManager) async throws -> T) async throws -> T {
        let keyring = try Keyring(directory: KeyDirectory(path: directory + "/keys"))
        let store = Store(
            over: try SQLiteStore(
                path: directory + "/innkeeper.sqlite", lock: try ProcessLock(path: directory + "/innkeeper.lock"),
                keyring: keyring))
        let result = try await body(StorageKeyManager(store: store, keyring: keyring, now: { .now() }))
        try store.close()
        return result
    }

    private static func seconds(since start: ContinuousClock.Instant) -> Double {
        (ContinuousClock.now - start) / .seconds(1)
    }

    private static func resident() -> Int {
        let text = (try? String(contentsOfFile: "/proc/self/status", encoding: .utf8)) ?? ""  // Zero shows as unknown.
        let line = text.split(separator: "\n").first { $0.hasPrefix("VmHWM") }
        return line?.split(separator: " ").compactMap { Int($0) }.first ?? 0
    }
}

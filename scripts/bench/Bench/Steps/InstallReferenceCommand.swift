import ArgumentParser
import Foundation
import GRDB
import Marketplace

/// `bench install-reference`: what an install must cost at least.
struct InstallReferenceCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "install-reference",
        abstract: "Print how often in a second 8 clients can verify 11 tokens and commit one row.")

    @OptionGroup var senders: SenderOptions

    @Option(help: "The stand-in platform's public key.")
    var platformKeys: String

    @Option(help: "Where the database of the one row is made.")
    var scratch: String

    @Option(help: "How often it is done.")
    var count = 1000

    func run() async throws {
        let verifier = TokenVerifier(
            keys: try TrustedKeys(pem: try String(contentsOfFile: platformKeys, encoding: .utf8)))
        guard let addonKey = AddonKey("sample-addon"), let token = try senders.senders().first?.token else {
            throw SeedError()
        }
        let pool = try DatabasePool(path: scratch + "/" + UUID().uuidString)
        try await pool.writeWithoutTransaction { db in
            try db.execute(
                sql: "PRAGMA synchronous = FULL; CREATE TABLE install (number INTEGER PRIMARY KEY, row BLOB)")
        }
        let start = ContinuousClock.now
        try await withThrowingTaskGroup(of: Void.self) { group in
            for client in 0..<8 {
                group.addTask { [count] in
                    for _ in 0..<count / 8 + (client < count % 8 ? 1 : 0) {
                        for _ in 0..<11 { _ = try verifier.webhook(token, for: addonKey, now: 0) }
                        try await pool.write { db in
                            try db.cachedStatement(sql: "INSERT INTO install (row) VALUES (zeroblob(8000))").execute()
                        }
                    }
                }
            }
            try await group.waitForAll()
        }
        print(Double(count) / ((ContinuousClock.now - start) / .seconds(1)))
    }
}

import GRDB
import Installations
import Sealing
import Store

/// Digests of the tokens that an installation was ever given.
struct HandedOutRows {
    private let tools: StoreTools
    private let db: Database

    init(_ tools: StoreTools, _ db: Database) {
        self.tools = tools
        self.db = db
    }

    /// All of an installation.
    func set(of number: Int64) throws -> HandedOutSet {
        let rows = try DirectStatement(
            "SELECT digest FROM handed_out_token WHERE installation = ? ORDER BY digest", db)
        var digests: [Digest] = []
        try rows.forEach {
            try $0.bind(number, at: 1)
        } read: { row in
            guard let digest = Digest(bytes: row.bytes(0)) else {
                throw StoreError.forgedRow(table: "handed_out_token", number: number)
            }
            digests.append(digest)
        }
        return HandedOutSet(digests)
    }

    /// Keeps digests that are not there yet.
    func insert(_ digests: [Digest], of number: Int64) throws {
        let insertion = try DirectStatement(
            "INSERT INTO handed_out_token (installation, digest) VALUES (?, ?) ON CONFLICT DO NOTHING", db)
        for digest in digests {
            try insertion.run { values in
                try values.bind(number, at: 1)
                try values.bind(digest.bytes, at: 2)
            }
        }
    }

    /// Whether a token is one of an installation's.
    ///
    /// - Throws: `.forgedRow` when the set is not the one that the row vouches for: a digest that somebody removed could be
    ///   this token's.
    ///
    /// Of an installation that is not brought up to date yet, those in force are opened and compared; one that does not open
    /// may be this very token: then it throws, and the call must change nothing.
    func contains(_ token: Digest, of standing: Standing) throws -> Bool {
        let known = try set(of: standing.number)
        guard known.isWhole(as: standing.handedOut, by: tools.authority.seal) else {
            throw StoreError.forgedRow(table: "handed_out_token", number: standing.number)
        }
        if known.contains(token) { return true }
        guard standing.proof == nil, standing.status.isLive else { return false }
        return token.matchesAny(try OlderInstallation(standing, tools, db).tokens().map(tools.handedOut.digest))
    }

    /// Whether none is missing and none is too many of what a row vouches for.
    func areAll(of number: Int64, as summary: Digest?) throws -> Bool {
        do {
            return try set(of: number).isWhole(as: summary, by: tools.authority.seal)
        } catch StoreError.forgedRow {
            return false
        }
    }
}

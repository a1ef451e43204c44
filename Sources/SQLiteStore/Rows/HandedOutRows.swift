import GRDB
import Installations
import Sealing

/// The tokens that an installation was ever given, as a change of them leaves them.
struct HandedOut {
    /// What stands for all of them in the row's claim.
    let summary: Digest
    /// The digests that are not kept yet.
    fileprivate let added: [[UInt8]]
}

/// Digests of the tokens that an installation was ever given.
struct HandedOutRows {
    private let tools: StoreTools
    private let db: Database

    init(_ tools: StoreTools, _ db: Database) {
        self.tools = tools
        self.db = db
    }

    /// Of an installation's digests, with the tokens that are handed out now, which are noted here: what the row's claim
    /// says from now on. `write` follows once the row is there.
    func adding(_ tokens: [SecretBytes], to number: Int64) throws -> HandedOut {
        let known = try digests(of: number)
        var (added, last): ([[UInt8]], SecretBytes?) = ([], nil)
        // Mostly all webhook tokens of an installation are one token.
        for token in tokens where last?.matches(token) != true {
            let digest = tools.handedOut.digest(of: token)
            if !digest.matchesAny(known) { added.append(digest.bytes) }
            last = token
        }
        let all = Set(added + known.map(\.bytes)).sorted { $0.lexicographicallyPrecedes($1) }
        return HandedOut(
            summary: tools.authority.seal.summary(ofHandedOut: all.compactMap { Digest(bytes: $0) }), added: added)
    }

    /// Keeps the digests that were added.
    func write(_ handedOut: HandedOut, of number: Int64) throws {
        let insertion = try DirectStatement(
            "INSERT INTO handed_out_token (installation, digest) VALUES (?, ?) ON CONFLICT DO NOTHING", db)
        for digest in handedOut.added {
            try insertion.run { values in
                try values.bind(number, at: 1)
                try values.bind(digest, at: 2)
            }
        }
    }

    /// Whether a token is one of them.
    ///
    /// - Throws: `.forgedRow` when the set is not the one that the row vouches for: a digest that somebody removed could be
    ///   this token's.
    ///
    /// Of an installation that is not brought up to date yet, those in force are opened and compared; one that does not open
    /// may be this very token: then it throws, and the call must change nothing.
    func contains(_ token: Digest, of standing: InstallationRows.Standing) throws -> Bool {
        let known = try digests(of: standing.number)
        guard isWhole(known, as: standing.handedOut) else {
            throw StoreError.forgedRow(table: "handed_out_token", number: standing.number)
        }
        if token.matchesAny(known) { return true }
        guard standing.proof == nil, standing.status.isLive else { return false }
        return token.matchesAny(try OlderInstallation(standing, tools, db).tokens().map(tools.handedOut.digest))
    }

    /// Whether none is missing and none is too many of what a row vouches for.
    func areAll(of number: Int64, as summary: Digest?) throws -> Bool {
        do {
            return isWhole(try digests(of: number), as: summary)
        } catch StoreError.forgedRow {
            return false
        }
    }

    private func isWhole(_ digests: [Digest], as summary: Digest?) -> Bool {
        summary.map { tools.authority.seal.summary(ofHandedOut: digests).matches($0) } ?? true
    }

    /// In ascending order. There are a few for each INSTALLED that the platform ever sent for the installation.
    private func digests(of number: Int64) throws -> [Digest] {
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
        return digests
    }
}

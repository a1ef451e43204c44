import GRDB
import Installations
import Sealing

/// Digests of the tokens that an installation was ever given.
struct HandedOutRows {
    private let tools: StoreTools
    private let db: Database

    init(_ tools: StoreTools, _ db: Database) {
        self.tools = tools
        self.db = db
    }

    /// Keeps the digests of tokens that are handed out now. Mostly all webhook tokens of an installation are one token.
    func note(_ tokens: [SecretBytes], _ number: Int64) throws {
        let insertion = try DirectStatement(
            "INSERT INTO handed_out_token (installation, digest) VALUES (?, ?) ON CONFLICT DO NOTHING", db)
        var last: SecretBytes?
        for token in tokens where last?.matches(token) != true {
            let digest = tools.handedOut.digest(of: token)
            try insertion.run { values in
                try values.bind(number, at: 1)
                try values.bind(digest.bytes, at: 2)
            }
            last = token
        }
    }

    /// Whether a token is one of them. Found in an index, in a time that may tell how far two digests agree: they are under
    /// a key that no sender knows, so that tells nothing about a token.
    ///
    /// Of an installation that is not brought up to date yet, those in force are opened and compared; one that does not open
    /// may be this very token: then it throws, and the call must change nothing.
    func contains(_ token: Digest, of standing: InstallationRows.Standing) throws -> Bool {
        let lookup = try DirectStatement("SELECT 1 FROM handed_out_token WHERE installation = ? AND digest = ?", db)
        let isKnown = try lookup.run { values in
            try values.bind(standing.number, at: 1)
            try values.bind(token.bytes, at: 2)
        }
        if isKnown || standing.proof != nil || !standing.status.isLive { return isKnown }
        return token.matchesAny(try OlderInstallation(standing, tools, db).tokens().map(tools.handedOut.digest))
    }
}

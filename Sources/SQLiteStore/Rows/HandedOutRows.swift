import GRDB
import Installations
import Sealing
import Store

/// Digests of the tokens that an installation was ever given.
struct HandedOutRows {
    private let db: Database

    init(_ db: Database) { self.db = db }

    /// All of an installation.
    func set(of number: InstallationNumber) throws -> HandedOutSet {
        let rows = try DirectStatement(
            "SELECT digest FROM handed_out_token WHERE installation = ? ORDER BY digest", db)
        var digests: [Digest] = []
        try rows.forEach {
            try $0.bind(number, at: 1)
        } read: { row in
            guard let digest = Digest(bytes: row.bytes(0)) else {
                throw StoreError.forgedRow(.handedOutTokens(number))
            }
            digests.append(digest)
        }
        return HandedOutSet(digests)
    }

    /// Keeps digests that are not there yet.
    func insert(_ digests: [Digest], of number: InstallationNumber) throws {
        let insertion = try DirectStatement(
            "INSERT INTO handed_out_token (installation, digest) VALUES (?, ?) ON CONFLICT DO NOTHING", db)
        for digest in digests {
            try insertion.run { values in
                try values.bind(number, at: 1)
                try values.bind(digest.bytes, at: 2)
            }
        }
    }

    /// The same; nil when what lies there is no set of digests.
    func setIfAny(of number: InstallationNumber) throws -> HandedOutSet? {
        do {
            return try set(of: number)
        } catch StoreError.forgedRow {
            return nil
        }
    }
}

import GRDB
import Installations
import Sealing
import Store

/// The events of installations that still have a body: those that wait, which memory names, and the dead.
///
/// To a writer these are exactly all. To a reader one may be missing that moves between the two at this very moment.
struct SealedEvents {
    /// Ids asked for at once: a stream may have millions.
    private static let page = 256

    private let waitingIndex: WaitingIndex
    private let dead: DirectStatement
    private let body: DirectStatement
    private let keyed: DirectStatement

    init(_ waitingIndex: WaitingIndex, _ db: Database) throws {
        self.waitingIndex = waitingIndex
        dead = try DirectStatement(EventIndexes.deadAfter, db)
        body = try DirectStatement("SELECT type, sealed_body FROM event WHERE id = ? AND sealed_body IS NOT NULL", db)
        // The id of the key is bytes 2 to 9 of a sealed value.
        keyed = try DirectStatement("SELECT 1 FROM event WHERE id = ? AND substr(sealed_body, 3, 8) = ?", db)
    }

    /// The oldest with ids above `after`, oldest first.
    func ids(of installation: InstallationNumber, after: Int64, limit: Int) throws -> [Int64] {
        let waiting = waitingIndex.ids(of: installation, after: after, limit: limit)
        var ids: [Int64] = []
        try dead.forEach { values in
            try values.bind(installation, at: 1)
            try values.bind(after, at: 2)
            try values.bind(Int64(limit), at: 3)
        } read: { row in
            ids.append(row.int64(0))
        }
        guard !ids.isEmpty else { return waiting }
        return Array(Set(ids + waiting).sorted().prefix(limit))
    }

    /// Visits the bodies of an installation, oldest first, until `visit` returns false.
    func forEach(of installation: InstallationNumber, visit: (SealedEvent) throws -> Bool) throws {
        try forEachID(of: installation) { id in
            var found: SealedEvent?
            try body.forEach {
                try $0.bind(id, at: 1)
            } read: { row in
                found = SealedEvent(id: EventID(number: id), type: row.text(0), sealed: row.bytes(1))
            }
            return try found.map(visit) ?? true
        }
    }

    /// Whether any body of an installation is under this key.
    func isAny(of installation: InstallationNumber, under key: InstallationKeyID) throws -> Bool {
        var isFound = false
        try forEachID(of: installation) { event in
            isFound = try keyed.run { values in
                try values.bind(event, at: 1)
                try values.bind(key.bytes, at: 2)
            }
            return !isFound
        }
        return isFound
    }

    private func forEachID(of installation: InstallationNumber, visit: (Int64) throws -> Bool) throws {
        var last: Int64? = 0
        while let after = last {
            let page = try ids(of: installation, after: after, limit: Self.page)
            for event in page where try !visit(event) { return }
            last = page.count == Self.page ? page.last : nil
        }
    }
}

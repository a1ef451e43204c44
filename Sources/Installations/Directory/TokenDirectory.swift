package import Marketplace
package import Sealing
import Synchronization

/// Who may send webhooks, in memory: keyed digests of the tokens of the installations seen lately.
///
/// The digest key is random and lives as long as the process, so a copy of this memory authenticates nothing elsewhere.
/// Bounded: two generations of entries, the older one dropped whole when the younger is full, which keeps what is used
/// and costs nothing per request. What was dropped is loaded again from the store. An entry is kept under a keyed name of
/// its installation and not under the id, whose texts would take as much memory as the digests.
package final class TokenDirectory: Sendable {
    private struct State {
        var young: [KeyedName: DirectoryEntry] = [:]
        var old: [KeyedName: DirectoryEntry] = [:]
        var changes: UInt64 = 0
    }

    /// A moment in the directory's life, taken before a load from the store begins.
    package struct LoadTicket: Sendable {
        fileprivate let changes: UInt64
    }

    private let key = MACKey.random()
    private let nameKey = NameKey.random()
    private let generationLimit: Int
    private let paths: [RoutePath: RoutePath]
    private let state = Mutex(State())

    /// A directory of at most `limit` installations. Entries share the texts of `paths`, those of the manifests.
    package init(limit: Int, paths: [RoutePath] = []) {
        generationLimit = max(1, limit / 2)
        self.paths = Dictionary(paths.map { ($0, $0) }) { first, _ in first }
    }

    /// The directory's own copy of a path, if it has one.
    package func shared(_ path: RoutePath) -> RoutePath { paths[path] ?? path }

    /// The digest under which this process knows a token.
    package func digest(of token: String) -> Digest {
        var token = token
        return token.withUTF8 { key.digest(of: UnsafeRawBufferPointer($0)) }
    }

    /// The digest under which this process knows a token.
    package func digest(of token: SecretBytes) -> Digest {
        key.digest(of: token)
    }

    /// The entry of an installation, if it is in memory.
    package func find(_ id: InstallationID) -> DirectoryEntry? {
        let name = name(of: id)
        return state.withLock { state in
            if let entry = state.young[name] { return entry }
            guard let entry = state.old.removeValue(forKey: name) else { return nil }
            insert(entry, for: name, into: &state)
            return entry
        }
    }

    /// Begins a load. A lifecycle call that commits while the load reads would leave a stale entry behind: the ticket
    /// lets `finishLoad` notice.
    package func beginLoad() -> LoadTicket {
        state.withLock { LoadTicket(changes: $0.changes) }
    }

    /// Keeps a loaded entry, unless any installation changed since the ticket was taken.
    package func finishLoad(_ entry: DirectoryEntry, for id: InstallationID, ticket: LoadTicket) {
        let name = name(of: id)
        state.withLock { state in
            guard state.changes == ticket.changes else { return }
            insert(entry, for: name, into: &state)
        }
    }

    /// The entry with the webhook token of `digest` and `path` confirmed, from now on also in memory; nil when the entry
    /// has no such token. Only for a token that was verified against the trusted keys a moment ago.
    package func confirm(
        _ digest: Digest, on path: RoutePath, in entry: DirectoryEntry, of id: InstallationID
    ) -> DirectoryEntry? {
        guard let confirmed = entry.confirming(digest, on: path) else { return nil }
        let name = name(of: id)
        state.withLock { state in
            // In its own place only: who forgot it or loaded another meanwhile knows better. What is lost by that, or by
            // another token confirmed at the same time, is confirmed again by its next webhook.
            if state.young[name] === entry { state.young[name] = confirmed }
        }
        return confirmed
    }

    /// Forgets an installation after a change of it was committed.
    package func forget(_ id: InstallationID) {
        let name = name(of: id)
        state.withLock { state in
            state.changes &+= 1
            state.young[name] = nil
            state.old[name] = nil
        }
    }

    /// Installations in memory.
    package var count: Int {
        state.withLock { $0.young.count + $0.old.count }
    }

    private func name(of id: InstallationID) -> KeyedName {
        // No part can hold a zero byte, so no two ids are spelt alike.
        var text: [UInt8] = []
        text.reserveCapacity(160)
        for part in [id.addonKey.text, id.workspaceID.text, id.addonID.text] {
            text.append(contentsOf: part.utf8)
            text.append(0)
        }
        return nameKey.name(of: text)
    }

    private func insert(_ entry: DirectoryEntry, for name: KeyedName, into state: inout State) {
        if state.young.count >= generationLimit {
            state.old = state.young
            state.young = [:]
        }
        state.young[name] = entry
    }
}

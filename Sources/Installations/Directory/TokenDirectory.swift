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
        /// Loads under way whose entries may be kept, by installation.
        var loads: [KeyedName: [UInt64]] = [:]
        var lastLoad: UInt64 = 0
    }

    /// A load from the store that is under way.
    package struct Load: Sendable {
        fileprivate let name: KeyedName
        fileprivate let number: UInt64
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

    /// Begins a load, which must be finished. A lifecycle call that commits while it reads would leave a stale entry
    /// behind: so `evict` discards it.
    package func beginLoad(of id: InstallationID) -> Load {
        let name = name(of: id)
        return state.withLock { state in
            state.lastLoad &+= 1
            state.loads[name, default: []].append(state.lastLoad)
            return Load(name: name, number: state.lastLoad)
        }
    }

    /// Finishes a load and keeps its entry, unless the load found none or was discarded. Changes of other installations
    /// discard nothing: while many are installed, webhooks of the rest would each be loaded in vain.
    package func finish(_ load: Load, with entry: DirectoryEntry?) {
        state.withLock { state in
            guard var loads = state.loads[load.name], let index = loads.firstIndex(of: load.number) else { return }
            loads.remove(at: index)
            state.loads[load.name] = loads.isEmpty ? nil : loads
            if let entry { insert(entry, for: load.name, into: &state) }
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
            // In its own place only: who evicted it or loaded another meanwhile knows better. What is lost by that, or by
            // another token confirmed at the same time, is confirmed again by its next webhook.
            if state.young[name] === entry { state.young[name] = confirmed }
        }
        return confirmed
    }

    /// Takes an installation out of memory after a change of it was committed, and discards its loads under way.
    package func evict(_ id: InstallationID) {
        let name = name(of: id)
        state.withLock { state in
            state.loads[name] = nil
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

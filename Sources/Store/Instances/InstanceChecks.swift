import Installations
import Sealing

extension Store {
    /// What `doctor` says of the processes that share the store.
    func instanceFindings() async throws(StoreError) -> [Finding] {
        guard isShared else { return [] }
        let (all, keys) = try await read { [tools] reads in
            (try reads.instances(), try reads.storageKeys(judgedBy: tools))
        }
        let live = all.filter(\.isLive)
        guard !live.isEmpty else { return [Finding("instances", .ok, "none serves")] }
        var findings = [InstanceChecks.silence(all), InstanceChecks.configuration(live), InstanceChecks.versions(live)]
        findings.append(InstanceChecks.clocks(live))
        findings.append(InstanceChecks.keyFiles(live, keys))
        return findings
    }
}

/// Compares what instances say of themselves. Pure.
enum InstanceChecks {
    /// How far a clock may be wrong that nothing goes by.
    private static let clockTolerance: Int64 = 5_000

    static func silence(_ all: [Instance]) -> Finding {
        let silent = all.filter { !$0.isLive }
        guard let first = silent.first else { return Finding("instances", .ok, "\(all.count) serve") }
        return Finding(
            "instances", .warn,
            "\(all.count - silent.count) serve; nothing was heard for \(first.silence / 1000) seconds of \(first.profile.name)",
            fix: "look there: is it stopped, or does it not reach the database?")
    }

    static func configuration(_ live: [Instance]) -> Finding {
        guard let first = live.first else { return Finding("instances alike", .ok, "none serves") }
        for other in live.dropFirst() {
            let names = Set(first.profile.configuration.keys).union(other.profile.configuration.keys).sorted()
            let different = names.filter { first.profile.configuration[$0] != other.profile.configuration[$0] }
            guard !different.isEmpty else { continue }
            return Finding(
                "instances alike", .fail,
                "\(different.joined(separator: ", ")) differ between \(first.profile.name) and \(other.profile.name)",
                fix:
                    "give both the same addons/, platform keys, forward secrets and settings, and restart the one that is behind"
            )
        }
        return Finding("instances alike", .ok, "manifests, forwards, platform keys and settings are the same")
    }

    static func versions(_ live: [Instance]) -> Finding {
        let versions = Set(live.map(\.profile.version)).sorted()
        if versions.count < 2 { return Finding("versions", .ok, "all run \(versions.first ?? "none")") }
        return Finding(
            "versions", .fail, "instances run different versions: \(versions.joined(separator: ", "))",
            fix: "go on with the update: restart those that run an older one")
    }

    static func clocks(_ live: [Instance]) -> Finding {
        guard let worst = live.max(by: { abs($0.clockAhead) < abs($1.clockAhead) }),
            abs(worst.clockAhead) > clockTolerance
        else { return Finding("clocks", .ok, "every instance's clock is within seconds of the database's") }
        let way = worst.clockAhead > 0 ? "ahead of" : "behind"
        return Finding(
            "clocks", .fail,
            "the clock of \(worst.profile.name) is \(abs(worst.clockAhead) / 1000) seconds \(way) the database's",
            fix: "set it right; until then innkeeper goes by the database's clock, but its log does not")
    }

    /// Keys that an instance lacks, and files of destroyed keys that it still has.
    static func keyFiles(_ live: [Instance], _ keys: [StorageKeyRecord]) -> Finding {
        for instance in live {
            for key in keys where key.state == .destroyed && instance.profile.keyFiles.contains(key.id) {
                return Finding(
                    "keys of instances", .fail, "\(instance.profile.name) still has \(key.id).key, which is destroyed",
                    fix: "delete that file there")
            }
            for key in keys where key.state.needsFile && !instance.profile.loadedKeys.contains(key.id) {
                return Finding(
                    "keys of instances", .fail,
                    "\(instance.profile.name) has not loaded \(key.id).key, which is \(key.state.rawValue)",
                    fix: "copy that file into its keys.dir, or share keys.dir")
            }
        }
        return Finding("keys of instances", .ok, "every instance has the storage keys that are in force")
    }
}

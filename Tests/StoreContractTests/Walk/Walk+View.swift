import Installations
import Marketplace
import Sealing
import Store
import Synchronization
import TestSupport
import Webhooks

/// What a store shows after its deeds.
extension Walk {
    /// All that can be seen, in lines.
    func view() async throws -> [String] {
        let page = PageRequest(limit: 500)
        var lines: [String] = []
        for item in try await test.store.installations(matching: InstallationFilter(scope: .all), page: page).items {
            lines.append(name("\(item)"))
            lines.append("\(test.store.kept(of: item.number))")
        }
        for item in try await test.store.events(matching: EventFilter(), page: page).items {
            let detail = try await test.store.eventDetail(item.id)
            lines.append("\(String(describing: detail))")
        }
        for record in try await test.store.auditRecords(since: nil, of: nil, page: page).items {
            lines.append(name("\(record.number) \(record.entry)"))
        }
        // Those that were made in one moment are listed by what is random.
        lines += try await test.store.storageKeys()
            .map { name("\($0.id) \($0.state) \($0.installations) \($0.isGenuine)") }.sorted()
        lines += try await test.store.apiKeys().map { name("\($0)") }.sorted()
        lines += [
            "\(test.store.waitingEvents) \(test.store.kept)",
            "\(try await test.store.readyStreams(after: 0, limit: 100))",
            "\(try await test.store.deliveryFindings(at: test.now))",
            name("\(String(describing: try await test.store.latestRotation()))"),
        ]
        for key in names.withLock({ $0.keys }) {
            lines.append(name("\(String(describing: try await test.store.newestBackup(needing: key)?.path))"))
        }
        let sample = try await test.store.sample()
        lines.append(
            "\(sample.installations.filter { $0.value > 0 }.map { "\($0.key) \($0.value)" }.sorted()) "
                + "\(sample.deadEvents) \(sample.damagedValues) \(String(describing: sample.oldestWaiting))")
        return lines
    }

    /// A text with names in place of what is random.
    func name(_ text: String) -> String {
        names.withLock { names in
            var text = text
            for (index, key) in names.keys.enumerated() { text = text.replacing(key.description, with: "key \(index)") }
            for (index, key) in names.apiKeys.enumerated() { text = text.replacing(key.id, with: "api \(index)") }
            return text
        }
    }
}

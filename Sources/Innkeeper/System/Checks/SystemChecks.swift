import Installations
import OperatorAPI
import Sealing
import Store
import Webhooks

/// The server's side of `doctor`: what only the process that has the store open can tell.
struct SystemChecks: Sendable {
    let settings: Settings
    let store: Store
    let descriptors: DescriptorBudget
    let statistics: Statistics
    let now: Now

    func findings() async -> [Finding] {
        let retention = EventRetention(days: settings.eventsRetentionDays)
        return await store.findings(at: now(), retention: retention) + attention() + keys()
            + [
                HostChecks.space(settings.dataDirectory.path), HostChecks.memory(), HostChecks.swap(),
                HostChecks.descriptors(descriptors), PlatformKeyChecks.finding(settings.platformKeysFile),
                ExposureChecks.operatorListener(settings.operatorBind),
            ]
    }

    /// What the overview says, of what no other check looks at.
    private func attention() async -> [Finding] {
        await statistics.current().attention.filter { attention in
            switch attention {
            case .targetDown, .inboxNearlyFull, .waitsLong, .deadLettersGrew, .tokenMismatches, .manyRefusals: true
            default: false
            }
        }.map { one in
            Finding(
                one.code.rawValue.replacing("_", with: " "), one.isCritical ? .fail : .warn,
                "\(one.title). \(one.message)",
                fix: one.remedy)
        }
    }

    private func keys() async -> [Finding] {
        do throws(StoreError) {
            return KeyFileChecks(
                directory: KeyDirectory(path: settings.keysDirectory), keys: try await store.storageKeys(), now: now()
            ).findings()
        } catch {
            return [Finding("key files", .fail, "\(error)", fix: "check the disk, then run doctor again")]
        }
    }
}

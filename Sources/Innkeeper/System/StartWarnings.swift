import Installations
import Logging
import ServiceLifecycle
import Store

/// Tells the log at a start what is wrong with deliveries, as `doctor` would. It counts beside everything else: nobody waits
/// for a start until millions of dead letters are counted.
struct StartWarnings: Service, CustomStringConvertible {
    let store: Store
    let logger: Logger

    var description: String { "start warnings" }

    func run() async throws {
        do throws(StoreError) {
            for finding in try await store.deliveryFindings(at: .now()) {
                logger.warning(
                    "\(finding.name): \(finding.message)", metadata: ["fix": "\(finding.fix ?? "innkeeper doctor")"])
            }
        } catch {
            // A shutdown ends it, and so does a store that fails: that has lines of its own.
        }
        try? await gracefulShutdown()  // Throws when cancelled, which ends it as well.
    }
}

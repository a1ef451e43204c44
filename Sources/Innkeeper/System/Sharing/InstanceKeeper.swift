import Glibc
import Installations
import Logging
import Sealing
import ServiceLifecycle
import Store
import Synchronization
import Webhooks

/// Keeps this process's place among those that share the store: says that it lives, follows what the others decide, and tells and
/// hears of streams. Does nothing where one process has the store to itself.
final class InstanceKeeper: Service, CustomStringConvertible {
    /// What others decide is asked for so often.
    private static let followInterval = Duration.seconds(1)
    /// Streams of others are heard of so soon.
    private static let callInterval = Duration.milliseconds(100)
    /// Counting takes at most this share of one connection's time.
    private static let countShare = 50
    private static let shortestCountPause = Duration.seconds(10)
    /// Records of one look.
    private static let page = 1000

    private struct State {
        /// What it says of itself; nil until it serves.
        var profile: InstanceProfile?
        /// The last record of the audit log that was followed.
        var followed: RecordNumber = 0
        /// Storage keys in force whose files are not here.
        var missing: Set<StorageKeyID> = []
        /// Whether it cannot serve without one of them.
        var lacksKey = false
    }

    private let store: Store
    private let directory: TokenDirectory
    private let logger: Logger
    private let now: Now
    private let state = Mutex(State())

    init(store: Store, directory: TokenDirectory, logger: Logger, now: @escaping Now) {
        self.store = store
        self.directory = directory
        self.logger = logger
        self.now = now
    }

    var description: String { "instance keeper" }

    /// Whether a storage key is missing without which an INSTALLED would be lost here.
    var lacksKey: Bool { state.withLock { $0.lacksKey } }

    private static var hostName: String {
        var name = [CChar](repeating: 0, count: 256)
        guard unsafe gethostname(&name, name.count - 1) == 0 else { return "unknown host" }
        return String(decoding: name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// Takes the place, before anything is served: from now on what others decide is followed.
    ///
    /// - Parameter configuration: Digests of what all instances must have alike. Read here, as commands need none of it.
    func join(with configuration: () throws(StartupError) -> [String: String]) async throws {
        guard store.isShared else { return }
        let profile = InstanceProfile(
            name: "\(Self.hostName), process \(getpid())", version: Version.current, configuration: try configuration(),
            startedAt: now())
        state.withLock { $0.profile = profile }
        let head = try await store.auditHead()
        state.withLock { $0.followed = head }
        // Heard of first, without a key: from now on a promotion waits until this process has the new one.
        try await beat()
        try await adoptStorageKeys()
        try await beat()
    }

    func run() async throws {
        guard store.isShared else { return try await gracefulShutdown() }
        await cancelWhenGracefulShutdown {
            await withDiscardingTaskGroup { tasks in
                tasks.addTask { await self.repeatedly("is not heard of", every: InstanceLife.interval, self.beat) }
                tasks.addTask {
                    await self.repeatedly("does not hear of decisions", every: Self.followInterval, self.follow)
                }
                tasks.addTask { await self.exchangeCalls() }
                tasks.addTask { await self.count() }
            }
        }
        await store.leave()
    }

    // MARK: What is done again and again

    private func beat() async throws(StoreError) {
        if let profile = state.withLock({ $0.profile }) { try await store.beat(profile) }
    }

    /// What was decided elsewhere: an installation's tokens go from memory, storage keys come and go, and streams have events.
    private func follow() async throws(StoreError) {
        while true {
            let records = try await store.records(after: state.withLock { $0.followed }, limit: Self.page)
            guard let last = records.last else { return try await lookForMissingKeys() }
            for id in records.compactMap(\.entry.installation) { directory.evict(id) }
            if records.contains(where: \.isOfStorageKeys) { try await adoptStorageKeys() }
            if records.contains(where: \.isOfTargets) { try await store.loadPauses() }
            // A command without a server of its own delivers nothing.
            if records.contains(where: \.makesWork) { store.called.noteShort() }
            state.withLock { $0.followed = last.number }
            if records.count < Self.page { return }
        }
    }

    private func adoptStorageKeys() async throws(StoreError) {
        let keys = try await store.adoptStorageKeys()
        let isNews = state.withLock { state in
            state.profile?.loadedKeys = keys.loaded
            state.profile?.keyFiles = keys.files
            state.lacksKey = !keys.needed.isEmpty
            defer { state.missing = keys.missing }
            return !keys.missing.isSubset(of: state.missing)
        }
        guard isNews else { return }
        let names = keys.missing.map { "\($0).key" }.sorted().joined(separator: ", ")
        logger.error(
            "storage keys are missing here that other instances use",
            metadata: ["files": "\(names)", "fix": "copy them into keys.dir of this instance, or share keys.dir"])
    }

    /// Looks again for files that were missing: they may have been put in place.
    private func lookForMissingKeys() async throws(StoreError) {
        if state.withLock({ !$0.missing.isEmpty }) { try await adoptStorageKeys() }
    }

    private func exchangeCalls() async {
        var last: Int64?
        await repeatedly("does not hear of streams", every: Self.callInterval) { () throws(StoreError) in
            last = try await self.store.exchangeCalls(after: last)
        }
    }

    private func count() async {
        while !Task.isCancelled {
            let start = ContinuousClock.now
            do throws(StoreError) {
                try await store.count()
            } catch {
                logger.warning("what is kept cannot be counted", metadata: ["reason": "\(error)"])
            }
            let pause = max(Self.shortestCountPause, (.now - start) * Self.countShare)
            try? await Task.sleep(for: pause)  // Cancelled: the loop's condition ends it.
        }
    }

    /// Does something every so often, and says once when it begins to fail.
    private func repeatedly(
        _ failure: String, every pause: Duration, _ body: () async throws(StoreError) -> Void
    ) async {
        var isFailing = false
        while !Task.isCancelled {
            do throws(StoreError) {
                try await body()
                isFailing = false
            } catch {
                if !isFailing, !Task.isCancelled {
                    logger.warning("this instance \(failure)", metadata: ["reason": "\(error)"])
                }
                isFailing = true
            }
            try? await Task.sleep(for: pause)  // Cancelled: the loop's condition ends it.
        }
    }
}

extension AuditRecord {
    private var action: AuditAction? { AuditAction(rawValue: entry.action) }

    fileprivate var isOfStorageKeys: Bool {
        switch action {
        case .addStorageKey, .promoteStorageKey, .retireStorageKey, .enableStorageKey, .destroyStorageKey: true
        default: false
        }
    }

    fileprivate var isOfTargets: Bool { action == .pauseTarget || action == .resumeTarget }

    /// Whether an operator did something that gives streams events to deliver.
    fileprivate var makesWork: Bool { action == .replayEvent || action == .forget }
}

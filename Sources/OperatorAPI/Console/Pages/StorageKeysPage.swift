import Hummingbird
import Installations
import Sealing

/// Storage keys: where each stands, how much is under it, and the command to run next. None is run from here.
struct StorageKeysPage {
    let console: Console

    func add(to pages: RouterGroup<OperatorContext>) {
        pages.add(.get, "keys", .needs(.read, about: .deployment), use: show)
    }

    @Sendable private func show(
        _ request: Request, _ context: OperatorContext, _ caller: Principal
    ) async throws -> Response {
        let (keys, now) = (try await console.services.storageKeys.storageKeys(), console.services.now())
        return console.page(
            "keys", StorageKeysView(keys, isWorking: console.services.keyManager.isWorking, now: now),
            title: "Storage keys", in: .keys, command: "innkeeper keys list",
            context)
    }
}

struct StorageKeysView {
    struct Row {
        let id: String
        let state: String
        let tone: String
        let isForged: Bool
        let created: MomentView
        let promoted: MomentView?
        let installations: Int64
        /// Of all, in hundredths, for its bar.
        let share: Int64
    }

    let rows: [Row]
    let next: String
    let why: String

    /// - Parameter isWorking: Whether this process works on them.
    init(_ keys: [StorageKeyRecord], isWorking: Bool, now: Timestamp) {
        let all = max(1, keys.reduce(0) { $0 + $1.installations })
        rows = keys.reversed().map { key in
            Row(
                id: key.id.description, state: key.state.rawValue, tone: Self.tone(key.state),
                isForged: !key.isGenuine, created: MomentView(key.createdAt, now: now),
                promoted: key.promotedAt.map { MomentView($0, now: now) }, installations: key.installations,
                share: key.installations * 100 / all)
        }
        let isUnderway = keys.contains { $0.state == .retiring }
        next = "innkeeper keys rotate"
        why =
            isWorking
            ? "Somebody works on the keys just now. Load the page again to see how far it is."
            : isUnderway
                ? "A rotation stopped, or runs in another instance: nothing is lost, and the same command goes on with it."
                : "Makes a new key, moves every installation to it while everything is in use, and retires the old one."
    }

    private static func tone(_ state: StorageKeyState) -> String {
        switch state {
        case .primary: "ok"
        case .retiring: "warn"
        default: "off"
        }
    }
}

import Installations
import PostgresStore
import SQLiteStore
import Sealing
import Store

/// A move between two stores of one deployment, whose data directory and key files stay where they are.
struct StoreMove: Sendable {
    let settings: Settings
    let source: StoreChoice
    let target: StoreChoice
    var now: Now = { .now() }

    /// Does it, or what is left of it, while nobody else has either of them.
    func run(report: @escaping @Sendable (MoveProgress) -> Void) async throws -> MoveReport {
        let directory = settings.dataDirectory
        guard directory.exists else { throw StartupError.noDataDirectory(directory.path) }
        try TrustAnchors(settings: settings).check()
        do {
            return try await run(with: try ProcessLock(path: directory.lockFile), report: report)
        } catch let error where !(error is CancellationError) {
            throw StartupError(error)
        }
    }

    /// The same, for who has the data directory's lock already.
    func run(
        with lock: ProcessLock, report: @escaping @Sendable (MoveProgress) -> Void
    ) async throws -> MoveReport {
        let keyring = try Keyring(directory: KeyDirectory(path: settings.keysDirectory))
        let (from, to) = try await OwnThread.run { _ in
            let from = try place(of: source, lock, isNew: false)
            return (from, try place(of: target, lock, isNew: true))
        }
        let move = Move(
            from: from, to: to, keyring: keyring, now: now, probe: CrashPoint.moveProbe(), report: report)
        let made: MoveReport
        do {
            made = try await move.run()
        } catch {
            for place in [from, to] { try? place.close() }  // What was thrown is the matter.
            throw error
        }
        for place in [from, to] { try place.close() }
        return made
    }

    private func place(of choice: StoreChoice, _ lock: ProcessLock, isNew: Bool) throws -> any MovePlace {
        switch choice {
        case .sqlite: return try SQLitePlace(at: settings.dataDirectory.databaseFile, lock: lock, isNew: isNew)
        case .postgres(let address, _): return try PostgresPlace(at: address, name: choice.name, isNew: isNew)
        }
    }
}

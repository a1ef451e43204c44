import Glibc
import Installations
import Synchronization

/// A connection of its own on which this process is there: it has a lock that all have who opened the deployment, and whoever must
/// have it alone asks for in vain. The server lets it go when the connection ends; so it is looked after, and taken again when the
/// server was started anew.
final class Presence: Sendable {
    /// How long somebody who wants it alone waits for those who have just ended, in tries of 50 milliseconds: the server sees the
    /// end of a connection a moment later.
    private static let tries = 100

    private let address: StoreAddress
    private let isAlone: Bool
    private let state = Mutex<Link?>(nil)

    /// Takes the lock beside all others, or alone.
    ///
    /// - Throws: `.inUse` when another program has the deployment alone, or at all.
    init(_ address: StoreAddress, alone isAlone: Bool = false) throws {
        self.address = address
        self.isAlone = isAlone
        for _ in 0..<(isAlone ? Self.tries : 1) {
            if try PostgresOpenError.inWords(isHeld) { return }
            usleep(50_000)
        }
        throw PostgresOpenError.inUse(isAlone ? .served : .moved)
    }

    /// Whether it is held, or could be taken again. False when another program has the deployment alone now.
    ///
    /// - Throws: when the server does not answer.
    func isHeld() throws(LinkFailure) -> Bool {
        try state.withLock { link throws(LinkFailure) in
            let start = ContinuousClock.now
            do throws(LinkFailure) {
                if try link?.rows(Self.anything) != nil { return true }
            } catch {
                link = nil
                // A server that was started anew says so at once, and is found again. One that fell silent is given up first.
                if .now - start > .seconds(1) { throw error }
            }
            link = try address.connect()
            if try link?.tryLock(alone: isAlone) == true { return true }
            link = nil
            return false
        }
    }

    /// Sends statements together, in one transaction, and reads what each answered.
    func exchange(_ queries: [Query]) throws(LinkFailure) -> [ResultRows] {
        try state.withLock { link throws(LinkFailure) in
            do throws(LinkFailure) {
                guard let answers = try link?.exchange(queries, within: 5) else { throw .unreachable(code: "presence") }
                return answers
            } catch {
                // After whatever it was: it is taken again within a second.
                if case .refused = error {} else { link = nil }
                throw error
            }
        }
    }

    /// The process of the server that has it.
    func processID() throws(LinkFailure) -> Int64? {
        try state.withLock { link throws(LinkFailure) in try link?.rows(Opening.process).first?.int(0) }
    }

    /// Lets it go.
    func release() { state.withLock { $0 = nil } }

    private static let anything = Query("SELECT 1")
}

extension Link {
    /// Takes the lock of whoever has the deployment open, for as long as the link lasts. False when another has it alone, or when it
    /// is asked for alone and another has it.
    fileprivate mutating func tryLock(alone isAlone: Bool) throws(LinkFailure) -> Bool {
        let lock = isAlone ? "pg_try_advisory_lock(6, 0)" : "pg_try_advisory_lock_shared(6, 0)"
        return try rows(Query("SELECT \(lock)")).first?.bool(0) ?? false
    }
}

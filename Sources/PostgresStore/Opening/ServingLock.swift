import Installations
import Synchronization

/// Keeps other programs from the same deployment while this one has it open: a lock of a session, which the server lets go when its
/// connection ends. So it is looked after, and taken again when the server was started anew.
final class ServingLock: Sendable {
    private let address: StoreAddress
    private let state = Mutex<Link?>(nil)

    /// Takes it.
    ///
    /// - Throws: `.inUse` when another program has it.
    init(_ address: StoreAddress) throws {
        self.address = address
        guard try PostgresOpenError.inWords(isHeld) else { throw PostgresOpenError.inUse }
    }

    /// Whether it is held, or could be taken again. False when another program has it now.
    ///
    /// - Throws: when the server does not answer.
    func isHeld() throws(LinkFailure) -> Bool {
        try state.withLock { link throws(LinkFailure) in
            do throws(LinkFailure) {
                if try link?.rows(Self.anything) != nil { return true }
            } catch {
                link = nil
            }
            link = try address.connect()
            if try link?.tryLock() == true { return true }
            link = nil
            return false
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
    /// Takes the lock of whoever serves, for as long as the link lasts. False when another has it.
    fileprivate mutating func tryLock() throws(LinkFailure) -> Bool {
        try rows(Query("SELECT pg_try_advisory_lock(6, 0)")).first?.bool(0) ?? false
    }
}

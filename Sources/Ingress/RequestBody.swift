import Installations
import Listening
import NIOCore

/// The body of the present request, as far as it is here, and what it takes of the listener's memory.
struct RequestBody {
    private var bytes: [UInt8] = []
    /// Bytes that arrived, kept or not.
    private(set) var length = 0
    /// What is paid for it; lives as long as somebody has the body.
    private(set) var charge: BodyCharge<InstallationID>?

    /// Counts what arrived, before anything is kept of it.
    mutating func arrived(_ count: Int) { length += count }

    /// Keeps what was counted last. Of a body without a length nobody knows how far it goes: it is paid for in doublings, as
    /// the memory grows, but never beyond `maximum`.
    mutating func keep(
        _ part: ByteBuffer, upTo maximum: Int, _ admission: RequestAdmission, _ budgets: BodyBudgets
    ) throws(BodyRefusal) {
        if length > bytes.capacity, length > budgets.freeBytes {
            try makeRoom(for: min(max(length, 2 * bytes.count), maximum), admission, budgets)
        }
        bytes.append(contentsOf: part.readableBytesView)
    }

    /// Pays for a body of `length` bytes before it is read.
    mutating func makeRoom(
        for length: Int, _ admission: RequestAdmission, _ budgets: BodyBudgets
    ) throws(BodyRefusal) {
        guard length > budgets.freeBytes else { return }
        if let charge {
            try charge.grow(to: length)
        } else {
            charge = try budgets.charge(length, admission)
        }
        bytes.reserveCapacity(length)
    }

    /// Hands the body over and lets go of it.
    mutating func drain() -> [UInt8] {
        defer { self = RequestBody() }
        return bytes
    }
}

import CSodium
import Synchronization

/// Slots of 32 bytes in locked memory, taken and returned cheaply.
///
/// `sodium_malloc` gives memory that is locked (never swapped), left out of core dumps and fenced by guard pages, but
/// every call costs several system calls. A key is opened for every webhook, so keys share chunks: one
/// `sodium_malloc` serves 127 slots, and taking or returning a slot is a push or pop under a lock.
///
/// The price: no guard page lies between two slots of one chunk. All writes to a slot go through `KeyMaterial`, which
/// writes exactly 32 bytes.
@safe
final class KeySlab: Sendable {
    /// The slab of the process.
    static let shared = KeySlab()

    /// Bytes of one slot: the size of every symmetric key here.
    static let slotSize = 32

    /// With libsodium's 16-byte canary 127 slots fill one 4096-byte page; 128 would take two.
    static let slotsPerChunk = 127

    /// 32 bytes that belong to whoever took them, until they are given back.
    @safe
    struct Slot: Sendable {
        // An address, never changed; the slab sees to it that only one key has it.
        fileprivate nonisolated(unsafe) let address: UnsafeMutableRawPointer

        var bytes: UnsafeMutableRawBufferPointer {
            unsafe UnsafeMutableRawBufferPointer(start: address, count: KeySlab.slotSize)
        }
    }

    private struct State {
        var free: [Slot] = []
        var chunks: [Slot] = []
        var isLocked = true
    }

    private let state = Mutex(State())

    /// An empty slab; the first `take` makes its first chunk.
    init() {
        Sodium.start()
    }

    deinit {
        // Every slot in use holds its slab, so nothing points into the chunks any more. sodium_free zeroes them.
        state.withLock { state in
            for chunk in state.chunks { unsafe sodium_free(chunk.address) }
        }
    }

    /// False when the operating system refused to lock a chunk (RLIMIT_MEMLOCK): its keys could reach swap.
    var isLocked: Bool {
        state.withLock { $0.isLocked }
    }

    /// Number of chunks allocated so far.
    var chunkCount: Int {
        state.withLock { $0.chunks.count }
    }

    /// A slot that nobody else has. The last one returned is handed out first, while it is still in the cache.
    func allocate() -> Slot {
        state.withLock { state in
            if let slot = state.free.popLast() { return slot }
            return Self.grow(&state)
        }
    }

    /// Zeroes a slot and makes it available again. The caller must not use it afterwards.
    func release(_ slot: Slot) {
        // Zeroed on the way in, so that key bytes live no longer than the key, however long the slot stays free.
        unsafe sodium_memzero(slot.address, Self.slotSize)
        state.withLock { $0.free.append(slot) }
    }

    /// Adds a chunk and returns one slot of it.
    private static func grow(_ state: inout State) -> Slot {
        let size = slotSize * slotsPerChunk
        guard let chunk = unsafe sodium_malloc(size) else {
            fatalError("no memory for keys: sodium_malloc failed")
        }
        // sodium_malloc ignores a refused lock; asking again tells the truth and changes nothing else.
        if unsafe sodium_mlock(chunk, size) != 0 { state.isLocked = false }
        unsafe sodium_memzero(chunk, size)
        let slots = (0..<slotsPerChunk).map { unsafe Slot(address: chunk + $0 * slotSize) }
        state.chunks.append(slots[0])
        state.free.append(contentsOf: slots.dropFirst().reversed())
        return slots[0]
    }
}

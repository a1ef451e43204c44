import Store

/// The rows of one moment.
class MemorySnapshot: StoreReads {
    /// Changed by a transaction only.
    final var rows: MemoryRows
    private let engine: MemoryEngine

    init(of rows: MemoryRows, _ engine: MemoryEngine) {
        self.rows = rows
        self.engine = engine
    }

    /// Counts the call of the verb that calls this.
    final func count(_ verb: String = #function) { engine.count(verb) }
}

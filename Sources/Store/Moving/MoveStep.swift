/// Where a move stands, for tests that end the process there.
package enum MoveStep: String, CaseIterable, Sendable {
    /// The source says that it is being copied; the target says nothing.
    case announced = "move-announced"
    /// Both say it.
    case begun = "move-begun"
    /// A batch has arrived.
    case pageWritten = "move-page-written"
    /// Everything has.
    case copied = "move-copied"
    /// The target was checked and says so.
    case checked = "move-checked"
    /// The source says that it has left; the target may not be used yet.
    case left = "move-left"
}

/// Told where a move stands.
package typealias MoveProbe = @Sendable (MoveStep) -> Void

/// Which workspace plays which part in the demo. The parts do not overlap, so the scenes do not depend on each other.
struct DemoCast: Hashable, Sendable {
    /// Fewer workspaces than this are too few for all parts.
    static let minimum: UInt32 = 10

    /// How many workspaces install the add-on; they are numbered from 1.
    let workspaces: UInt32

    /// A tenth of them.
    var few: UInt32 { workspaces / 10 }
    /// Everybody.
    var all: ClosedRange<UInt32> { 1...workspaces }
    /// They uninstall.
    var leaving: ClosedRange<UInt32> { 1...few }
    /// Uninstalls and installs again.
    var returning: ClosedRange<UInt32> { 1...1 }
    /// Installs again while the server never heard of the uninstall.
    var replaced: ClosedRange<UInt32> { few + 1...few + 1 }
    /// They switch the add-on off and on again.
    var paused: ClosedRange<UInt32> { few + 2...2 * few + 1 }
    /// Is installed again with one webhook less.
    var trimmed: ClosedRange<UInt32> { workspaces...workspaces }
    /// They are there from the beginning to the end, with all their webhooks.
    var steady: ClosedRange<UInt32> { few + 2...workspaces - 1 }
    /// They never install it.
    var strangers: ClosedRange<UInt32> { workspaces + 1...workspaces + few }

    /// How many installations are live when the story is over.
    var liveAtTheEnd: Int { Int(workspaces - few) + returning.count }
}

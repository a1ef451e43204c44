import Installations

/// Something that is done to a store: which, to what, and by how much, as far as that is chosen.
struct Deed: CustomStringConvertible, Sendable {
    enum Kind: CaseIterable {
        case install, reinstall, status, settings, delete, forget, readToken, readBody
        case append, deliver, fail, bury, lease, answer, giveBack, endHolds, replay, replayDead, sweep
        case wait, putBack, createKey, useKey, revokeKey, promote, rewrap, reencrypt, reseal, retire, backup, record
    }

    let kind: Kind
    /// The step of its walk.
    let step: Int
    /// Two choices among whatever there is.
    let (which, other): (Int, Int)

    /// The one that comes at a step of a walk.
    init(of seed: UInt64, _ step: Int) {
        var random = SplitMix(state: seed &* 0x9E37_79B9_7F4A_7C15 &+ UInt64(step))
        let often: [Kind] = [
            .install, .append, .append, .append, .deliver, .deliver, .deliver, .fail, .endHolds, .wait,
        ]
        self.step = step
        kind = (Kind.allCases + often).randomElement(using: &random) ?? .wait
        which = .random(in: 0..<1_000_000, using: &random)
        other = .random(in: 0..<1_000_000, using: &random)
    }

    var description: String { "\(kind) \(which) \(other)" }
}

/// The same numbers for the same seed.
private struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var value = state
        value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
        return value ^ (value >> 31)
    }
}

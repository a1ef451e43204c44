package import Installations

/// All targets that this process pushes to, and what each came to.
package struct Targets: Sendable {
    /// One of them.
    package struct Target: Sendable {
        /// Which.
        package let id: TargetID
        /// Where it is, without what a secret could be part of: no user, no query.
        package let address: String
        /// What it came to.
        package let figures = TargetFigures()

        /// Nothing came of it yet.
        package init(id: TargetID, address: String) {
            self.id = id
            self.address = address
        }
    }

    /// In the order of their names.
    package let all: [Target]

    /// These, and no others.
    package init(_ targets: [Target]) { all = targets.sorted { $0.id < $1.id } }

    /// One; nil where nothing is pushed.
    package subscript(id: TargetID) -> Target? { all.first { $0.id == id } }

    /// Those that are down and not paused: who paused one knows that nothing comes.
    ///
    /// - Parameter hasBacklog: Whether events wait that should have been taken.
    package func trouble(_ pauses: TargetPauses, hasBacklog: Bool, at now: Timestamp) -> [TargetTrouble] {
        all.compactMap { target in
            let standing = target.figures.standing(at: now, hasBacklog: hasBacklog)
            guard let since = standing.downSince, pauses.since(target.id) == nil else { return nil }
            return TargetTrouble(
                addonKey: target.id.addonKey, name: target.id.name, since: since, cause: standing.lastFailure?.text)
        }
    }
}

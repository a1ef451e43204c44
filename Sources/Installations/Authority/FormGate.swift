import Synchronization

/// Whether what was stored before rows had MACs, and before values named all of their place, still counts. It does while an
/// older store is brought up to date, and never again: the gate closes and does not open.
package final class FormGate: Sendable {
    private let isOpen: Atomic<Bool>

    /// A gate for a store of this form.
    package init(_ form: StoreForm) {
        isOpen = Atomic(form == .mixed)
    }

    /// Whether older forms count.
    package var takesOlder: Bool { isOpen.load(ordering: .acquiring) }

    /// Nothing of an older form is left: from now on none counts.
    package func close() { isOpen.store(false, ordering: .releasing) }
}

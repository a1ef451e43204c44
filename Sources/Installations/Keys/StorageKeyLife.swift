package import Sealing

/// What an operator asks of a storage key.
package enum StorageKeyStep: String, CaseIterable, Sendable {
    /// New installation keys are wrapped under it from now on.
    case promote
    /// Nothing is wrapped under it any more: it need not be read.
    case retire
    /// Undo of `retire`.
    case enable
    /// Its material goes for good.
    case destroy

    /// What the audit log calls it.
    package var action: AuditAction {
        switch self {
        case .promote: .promoteStorageKey
        case .retire: .retireStorageKey
        case .enable: .enableStorageKey
        case .destroy: .destroyStorageKey
        }
    }
}

/// Why a storage key's state forbids a step. Each says what to do first.
package enum StorageKeyRefusal: Error, Hashable, Sendable, CustomStringConvertible {
    /// No key has this id.
    case unknown
    /// The primary can only be replaced.
    case isPrimary
    /// Installations depend on it.
    case hasInstallations(Int64)
    /// Only a disabled key can be destroyed.
    case notDisabled(StorageKeyState)
    /// It was retired less than seven days ago.
    case tooEarly(until: Timestamp)
    /// Its material is gone.
    case isDestroyed
    /// It never took part, or takes no part any more.
    case cannotPromote(StorageKeyState)
    /// Processes that serve have not loaded it: what another writes under it they could not open. Their names.
    case notLoaded(StorageKeyID, by: [String])

    package var description: String {
        switch self {
        case .unknown: return "there is no such storage key; see: innkeeper keys list"
        case .isPrimary: return "it is the primary key; promote another one first"
        case .hasInstallations(let count):
            return "\(count) installations are still wrapped under it; first run: innkeeper keys rewrap"
        case .notDisabled(let state):
            return "it is \(state.rawValue); only a disabled key can be destroyed: retire it first"
        case .tooEarly(let until):
            return "it was retired less than seven days ago; wait until \(until.rfc3339), or add --now"
        case .isDestroyed: return "its material is destroyed; its id is never used again"
        case .notLoaded(let id, let names):
            let more = names.count > 5 ? "; and \(names.count - 5) more" : ""
            return
                "\(id).key is not loaded by: \(names.prefix(5).joined(separator: "; "))\(more); copy it into keys.dir there, "
                + "or share keys.dir, then run the same command again"
        case .cannotPromote(let state): return "it is \(state.rawValue); enable it first"
        }
    }
}

/// The life of a storage key as a pure function (design.md section 4): prepared, primary, retiring, disabled, destroyed.
package enum StorageKeyLife {
    /// How long a retired key stays before it may be destroyed, in milliseconds: seven days to find out that something
    /// still needs it.
    package static let graceMilliseconds: Int64 = 7 * 24 * 3600 * 1000

    /// What a step leads to; nil when the key is there already, so that every step can be repeated.
    ///
    /// - Parameters:
    ///   - retiredAt: When it was retired, if it was.
    ///   - immediately: Whether the operator waived the seven days.
    package static func next(
        _ step: StorageKeyStep, from state: StorageKeyState, installations: Int64, retiredAt: Timestamp?,
        now: Timestamp,
        immediately: Bool = false
    ) throws(StorageKeyRefusal) -> StorageKeyState? {
        switch (step, state) {
        case (.promote, .primary), (.retire, .disabled), (.destroy, .destroyed): return nil
        case (.enable, .prepared), (.enable, .primary), (.enable, .retiring): return nil
        case (_, .destroyed): throw .isDestroyed

        case (.promote, .prepared), (.promote, .retiring): return .primary
        case (.promote, .disabled): throw .cannotPromote(state)

        case (.retire, .primary): throw .isPrimary
        case (.retire, .prepared), (.retire, .retiring):
            guard installations == 0 else { throw .hasInstallations(installations) }
            return .disabled

        case (.enable, .disabled): return .retiring

        case (.destroy, .disabled):
            let until = Timestamp(milliseconds: (retiredAt ?? now).milliseconds + graceMilliseconds)
            guard immediately || until <= now else { throw .tooEarly(until: until) }
            return .destroyed
        case (.destroy, _): throw .notDisabled(state)
        }
    }
}

/// Why a sealed value was not opened. Safe to print: it holds no plaintext, ciphertext, place or key.
package enum SealingError: Error, Equatable {
    /// Not a sealed value of a known version and kind.
    case malformed
    /// The value is wrapped under another storage key than the one given. The key file may be missing; the value may
    /// well be whole.
    case unknownKey(StorageKeyID)
    /// Everything else, on purpose without distinction: sealed for another place, sealed under another installation
    /// or deployment key, altered, or corrupt.
    case cannotOpen
}

extension SealingError: CustomStringConvertible {
    /// One line, for logs and operators.
    package var description: String {
        switch self {
        case .malformed: "not a sealed value of a known version and kind"
        case .unknownKey(let id): "sealed under storage key \(id), which is not the key at hand"
        case .cannotOpen: "the sealed value does not open: it was altered, is corrupt or belongs to another place"
        }
    }
}

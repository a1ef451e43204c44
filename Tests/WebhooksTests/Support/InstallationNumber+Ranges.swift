package import Installations

/// Ranges of streams, for tests of many.
extension InstallationNumber: Strideable {
    package func distance(to other: InstallationNumber) -> Int { Int(other.value - value) }
    package func advanced(by distance: Int) -> InstallationNumber { InstallationNumber(value + Int64(distance)) }
}

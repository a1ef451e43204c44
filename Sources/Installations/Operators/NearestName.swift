/// Finds what was probably meant.
package enum NearestName {
    /// The candidate with the fewest changed letters, when they are few enough to be a slip.
    package static func find(_ name: String, among candidates: [String]) -> String? {
        // A long name is no slip of a short one, and the work below is the product of the lengths.
        guard name.utf8.count <= 64 else { return nil }
        let name = name.lowercased()
        let nearest = candidates.map { ($0, distance(name, $0.lowercased())) }.min { $0.1 < $1.1 }
        guard let (candidate, changes) = nearest, changes <= max(2, candidate.count / 4) else { return nil }
        return candidate
    }

    /// The number of letters to insert, remove or replace.
    static func distance(_ left: String, _ right: String) -> Int {
        let right = Array(right.utf8)
        var row = Array(0...right.count)
        for (i, letter) in left.utf8.enumerated() {
            var diagonal = row[0]
            row[0] = i + 1
            for j in right.indices {
                let replaced = diagonal + (letter == right[j] ? 0 : 1)
                diagonal = row[j + 1]
                row[j + 1] = min(replaced, diagonal + 1, row[j] + 1)
            }
        }
        return row[right.count]
    }
}

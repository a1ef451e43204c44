/// How soon the last delivery of a stream was answered, and so what its next one may do to everybody else's.
package enum Pace: CaseIterable, Sendable {
    /// An answer came soon, whatever it said.
    case quick
    /// Nothing is known of it, or nothing that is newer than the trouble of the others.
    case unknown
    /// The answer took long, or none came.
    case slow
}

/// How many deliveries to one target may be under way, and which.
///
/// A delivery that has no answer yet is nobody's fault for half a second. From then on it is overdue: it takes one of the
/// places, but does not hold up that others are begun. Three quarters of the places are everybody's, half of all at most
/// those of slow streams. The last quarter belongs to those whose last answer was quick, **and half of that to streams that
/// were answered while others were not**: whoever was quick before the oldest of the overdue began may be as silent now,
/// and all of them would take the last place too.
package struct Room: Sendable {
    /// A delivery is overdue after so long.
    static let patience = Duration.milliseconds(500)
    /// An answer within this is quick.
    static let quick = Duration.seconds(2)

    /// Which streams it is for.
    enum Guests: Sendable {
        case all
        /// The target is thought to be down: those who had an answer may know better.
        case onlyQuick
        /// One that shows whether the target is back, sooner one that is likely to be answered.
        case probe
    }

    /// Deliveries under way that are not overdue.
    var starting: Int
    /// Deliveries under way.
    var places: Int
    var guests = Guests.all

    /// Whoever pulls takes what there is: a worker that has taken a stream has answered.
    package static let unbounded = Room(starting: .max, places: .max)

    /// Places for everybody.
    var shared: Int { places - places / 4 }
    /// Places for everybody and for those who were quick.
    var forQuick: Int { places - places / 8 }
    /// Places for slow streams.
    var forSlow: Int { max(1, places / 2) }
}

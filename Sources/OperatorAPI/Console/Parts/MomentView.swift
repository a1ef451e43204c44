import Installations

/// A time as a page shows it: in UTC, with how long ago that was.
struct MomentView {
    let iso: String
    let text: String
    let age: String

    init(_ moment: Timestamp, now: Timestamp) {
        iso = moment.rfc3339
        text = String(iso.prefix(19)).replacing("T", with: " ")
        let seconds = (now.milliseconds - moment.milliseconds) / 1000
        age = seconds < 0 ? "in \(Self.length(-seconds))" : "\(Self.length(seconds)) ago"
    }

    /// A length in the one or two units that matter.
    static func length(_ seconds: Int64) -> String {
        switch seconds {
        case ..<120: "\(seconds) s"
        case ..<7200: "\(seconds / 60) min"
        case ..<172_800: "\(seconds / 3600) h"
        default: "\(seconds / 86_400) days"
        }
    }
}

import HTTPTypes
import Hummingbird

/// Which methods which paths know: what tells a wrong method from a wrong path, and what the API's own description is
/// compared with.
struct KnownRoutes: Sendable {
    /// One route of the API: a method and a path with its parameters in braces.
    struct Route: Hashable, Sendable {
        let method: String
        let path: String
    }

    /// Every route.
    let all: [Route]
    private let patterns: Set<String>

    init(_ router: Router<OperatorContext>) {
        all = router.routes.map { Route(method: $0.method.rawValue, path: $0.path.description) }
        patterns = Set(all.map(\.path))
    }

    /// A pattern that the router matched, for logs and metrics; a path that nobody serves has none.
    func pattern(_ matched: String?) -> String {
        matched.flatMap { patterns.contains($0) ? $0 : nil } ?? "none"
    }

    /// The methods of a path, in alphabetical order; none for a path that nobody serves.
    func methods(of path: String) -> [String] {
        let segments = Self.segments(path)
        // Of `events/replay` and `events/{id}` the router takes the first and does not look further; `{` sorts after letters.
        guard let pattern = patterns.filter({ Self.matches($0, segments) }).min() else { return [] }
        return all.filter { $0.path == pattern }.map(\.method).sorted()
    }

    private static func matches(_ pattern: String, _ segments: [Substring]) -> Bool {
        let parts = Self.segments(pattern)
        return parts.count == segments.count && zip(parts, segments).allSatisfy { $0.hasPrefix("{") || $0 == $1 }
    }

    private static func segments(_ path: String) -> [Substring] {
        path.split(separator: "/")
    }
}

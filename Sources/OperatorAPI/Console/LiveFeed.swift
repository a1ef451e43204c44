import FoundationEssentials
import HTTPTypes
import Hummingbird
import Installations
import NIOCore
import ServiceLifecycle

/// Tells open pages how everything stands, as server-sent events. However many are open, it is read once for all of them, and made
/// into text once.
struct LiveFeed {
    let console: Console
    private let text: LiveText
    private let places = LivePlaces()

    /// How often a page may hear something new.
    private static let interval = Duration.seconds(2)
    /// A page hears something after so many rounds at the latest, new or not: else it says that it is not live.
    private static let quietRounds = 2
    /// After so many rounds it is looked whether the session lasts.
    private static let trustedRounds = 3

    init(console: Console) {
        self.console = console
        text = LiveText(statistics: console.services.statistics, now: console.services.now)
    }

    func add(to pages: RouterGroup<OperatorContext>) {
        pages.add(.get, "live", .needs(.read, about: .deployment), use: listen)
    }

    @Sendable private func listen(
        _ request: Request, _ context: OperatorContext, _ caller: Principal
    ) async throws -> Response {
        guard let visitor = context.visitor else { throw OperatorError.unauthorized }
        guard let place = await places.take(for: visitor.session.id) else {
            throw OperatorError.rateLimited(retryAfter: 10)
        }
        let (text, places, services) = (text, places, console.services)
        return Response(
            status: .ok, headers: [.contentType: "text/event-stream", .cacheControl: "no-store"],
            body: ResponseBody { writer in
                do {
                    var (last, round) = ("", 0)
                    while true {
                        if round % Self.trustedRounds == 0 {
                            guard try await services.sessions.lasts(visitor.session.id, at: services.now()) else {
                                break
                            }
                        }
                        let now = await text.current()
                        if now != last || round % Self.quietRounds == 0 {
                            try await writer.write(ByteBuffer(string: "data: \(now)\n\n"))
                        }
                        (last, round) = (now, round + 1)
                        guard await Self.rest() else { break }
                    }
                } catch {
                    await places.leave(place)
                    throw error
                }
                await places.leave(place)
                try await writer.finish(nil)
            })
    }

    /// Returns whether it may go on: a shutdown waits for no page.
    private static func rest() async -> Bool {
        do {
            try await cancelWhenGracefulShutdown { try await Task.sleep(for: interval) }
            return !Task.isShuttingDownGracefully
        } catch {
            return false
        }
    }
}

/// What pages hear, made once for all.
actor LiveText {
    private let statistics: Statistics
    private let now: Now
    private var made: (text: String, at: Timestamp)?

    init(statistics: Statistics, now: @escaping Now) {
        self.statistics = statistics
        self.now = now
    }

    func current() async -> String {
        let at = now()
        if let made, (0..<1000).contains(at.milliseconds - made.at.milliseconds) { return made.text }
        let (standing, series) = (await statistics.current(), await statistics.series(.hour))
        let figures = OverviewView.figures(standing, series)
        let news = LiveJSON(
            sentence: OverviewView.sentence(standing, now: at),
            figures: Dictionary(figures.map { ($0.key, $0.value) }, uniquingKeysWith: { first, _ in first }))
        let text = JSONResponse.bytes(news).map { String(buffer: $0) } ?? "{}"
        made = (text, at)
        return text
    }
}

/// One piece of news.
struct LiveJSON: Codable, Sendable {
    let sentence: String
    /// By their keys, as they stand on the page.
    let figures: [String: String]
}

/// Who listens: so many for a session, and so many in all, that nobody takes the listener's connections from the others.
actor LivePlaces {
    struct Place: Sendable {
        let session: String
    }

    private static let (ofSession, ofAll) = (20, 200)
    private var taken: [String: Int] = [:]

    func take(for session: String) -> Place? {
        let count = taken[session] ?? 0
        guard count < Self.ofSession, taken.values.reduce(0, +) < Self.ofAll else { return nil }
        taken[session] = count + 1
        return Place(session: session)
    }

    func leave(_ place: Place) {
        let count = (taken[place.session] ?? 1) - 1
        taken[place.session] = count == 0 ? nil : count
    }
}

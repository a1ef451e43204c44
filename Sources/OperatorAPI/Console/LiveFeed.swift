import HTTPTypes
import Hummingbird
import Installations
import NIOCore
import Synchronization

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
        text = LiveText(console)
    }

    func add(to pages: RouterGroup<OperatorContext>) {
        pages.add(.get, "live", .needs(.read, about: .deployment), use: listen)
    }

    @Sendable private func listen(
        _ request: Request, _ context: OperatorContext, _ caller: Principal
    ) async throws -> Response {
        guard let session = context.visitor?.session.id else { throw OperatorError.unauthorized }
        guard let place = places.take(for: session) else {
            throw OperatorError.noRoom("too many pages are live; close some")
        }
        let (text, services) = (text, console.services)
        return Response(
            status: .ok, headers: [.contentType: "text/event-stream", .cacheControl: "no-store"],
            body: ResponseBody { writer in
                var (last, round) = ("", 0)
                while true {
                    if round % Self.trustedRounds == 0 {
                        guard try await services.sessions.lasts(session, at: services.now()) else { break }
                    }
                    let now = await text.current()
                    if now != last || round % Self.quietRounds == 0 {
                        try await writer.write(ByteBuffer(string: "data: \(now)\n\n"))
                    }
                    (last, round) = (now, round + 1)
                    guard await Rest.take(Self.interval) else { break }
                }
                try await writer.finish(nil)
                withExtendedLifetime(place) {}
            })
    }
}

/// What pages hear, made once for all.
actor LiveText {
    private let console: Console
    private var making: Task<String, Never>?
    private var made: (text: String, at: Timestamp)?

    init(_ console: Console) { self.console = console }

    func current() async -> String {
        let at = console.services.now()
        if let made, (0..<1000).contains(at.milliseconds - made.at.milliseconds) { return made.text }
        if let making { return await making.value }
        let task = Task { [console] in await Self.make(console) }
        making = task
        let text = await task.value
        (made, making) = ((text, at), nil)
        return text
    }

    private static func make(_ console: Console) async -> String {
        let statistics = console.services.statistics
        let (standing, series) = (await statistics.current(), await statistics.series(.hour))
        let news = LiveJSON(
            sentence: OverviewView.sentence(standing), cards: console.text("cards", CardsView(standing)),
            figures: Dictionary(
                OverviewView.figures(standing, series).map { ($0.key, $0.value) },
                uniquingKeysWith: { first, _ in first }))
        return JSONResponse.bytes(news).map { String(buffer: $0) } ?? "{}"
    }
}

/// One piece of news.
struct LiveJSON: Codable, Sendable {
    let sentence: String
    /// What needs attention, as it stands on the page.
    let cards: String
    /// By their keys, as they stand on the page.
    let figures: [String: String]
}

/// Who listens: so many for a session, and so many in all.
final class LivePlaces: Sendable {
    /// One of them, for as long as somebody holds it: it is free again also when the client has gone before it heard anything.
    final class Place: Sendable {
        private let places: LivePlaces
        private let session: String

        fileprivate init(_ places: LivePlaces, _ session: String) {
            self.places = places
            self.session = session
        }

        deinit { places.leave(session) }
    }

    /// A browser has six connections for one host.
    private static let (ofSession, ofAll) = (16, 128)
    private let taken = Mutex<[String: Int]>([:])

    /// Nil when there are as many as there may be.
    func take(for session: String) -> Place? {
        let isTaken = taken.withLock { taken in
            let count = taken[session] ?? 0
            guard count < Self.ofSession, taken.values.reduce(0, +) < Self.ofAll else { return false }
            taken[session] = count + 1
            return true
        }
        return isTaken ? Place(self, session) : nil
    }

    private func leave(_ session: String) {
        taken.withLock { taken in
            let count = (taken[session] ?? 1) - 1
            taken[session] = count == 0 ? nil : count
        }
    }
}

import Installations

/// The streams of one add-on that may go on now, in the order in which they came. A pure value.
///
/// A stream is in one place only: waiting here, or taken by somebody who delivers its head. So at most one event of an
/// installation is ever under way. Streams that a retry or a lease holds back are not here but in the store.
struct ReadyQueue {
    /// Streams waiting here at most; others are found again in the store. Of as many the pace is remembered.
    static let capacity = 50_000

    private struct Taken {
        let since: ContinuousClock.Instant
        let isSlow: Bool
        /// Whether more arrived since.
        var hasArrivals = false
    }

    private var queues = [FIFO<InstallationNumber>](repeating: FIFO(), count: Pace.allCases.count)
    private var waiting: Set<InstallationNumber> = []
    private var taken: [InstallationNumber: Taken] = [:]
    /// When a quick stream was answered last; nil for a slow one. A stream that is not in it is unknown.
    private var answers: [InstallationNumber: ContinuousClock.Instant?] = [:]
    /// Whose turn it is, so that none of the paces waits for another.
    private var turn = 0
    /// Whether streams had to be left out.
    private(set) var isShort = false

    /// Streams waiting here.
    var count: Int { waiting.count }
    /// Streams somebody took.
    var underWay: Int { taken.count }

    /// Adds a stream that may have something to deliver. Returns whether it now waits here and did not before.
    mutating func offer(_ stream: InstallationNumber, hasFailed: Bool) -> Bool {
        if taken[stream] != nil {
            taken[stream]?.hasArrivals = true
            return false
        }
        guard !waiting.contains(stream) else { return false }
        guard waiting.count < Self.capacity else {
            isShort = true
            return false
        }
        waiting.insert(stream)
        queues[index(pace(of: stream, hasFailed))].append(stream)
        return true
    }

    /// Takes up to `count` streams, as many as there is room for beside those that are taken already.
    mutating func claim(_ count: Int, in room: Room, at now: ContinuousClock.Instant) -> [InstallationNumber] {
        var load = Load(taken.values, at: now)
        var result: [InstallationNumber] = []
        while result.count < count, let (stream, pace) = next(in: room, beside: load) {
            waiting.remove(stream)
            taken[stream] = Taken(since: now, isSlow: pace == .slow)
            load.add(isSlow: pace == .slow)
            result.append(stream)
        }
        return result
    }

    /// Puts a taken stream back at the end, or forgets it when nothing more waits. Returns whether it waits again.
    mutating func finish(_ stream: InstallationNumber, hasMore: Bool) -> Bool {
        guard let taken = taken.removeValue(forKey: stream) else { return false }
        return hasMore || taken.hasArrivals ? offer(stream, hasFailed: false) : false
    }

    /// Remembers how a stream was answered.
    mutating func note(_ pace: Pace, of stream: InstallationNumber, at now: ContinuousClock.Instant) {
        if answers.count >= Self.capacity { answers.removeAll(keepingCapacity: true) }
        switch pace {
        case .quick: answers[stream] = .some(now)
        case .slow: answers[stream] = .some(nil)
        case .unknown: answers[stream] = nil
        }
    }

    /// Whether streams that were left out fit again, so that the store should be asked for them. Asked once.
    mutating func wantsRefill() -> Bool {
        guard isShort, waiting.count < Self.capacity / 2 else { return false }
        isShort = false
        return true
    }

    // MARK: Whose turn it is

    private func pace(of stream: InstallationNumber, _ hasFailed: Bool) -> Pace {
        switch answers[stream] {
        case .some(.some): .quick
        case .some(nil): .slow
        case nil: hasFailed ? .slow : .unknown
        }
    }

    private func index(_ pace: Pace) -> Int { Pace.allCases.firstIndex(of: pace) ?? 0 }

    private mutating func next(in room: Room, beside load: Load) -> (InstallationNumber, Pace)? {
        guard load.starting < room.starting, load.underWay < room.places else { return nil }
        let isCrowded = load.underWay >= room.shared
        if load.underWay >= room.forQuick, let trouble = load.oldestOverdue { demote(answeredBefore: trouble) }
        let paces = Pace.allCases
        for step in paces.indices {
            let place = room.guests == .probe ? step : (turn + step) % paces.count
            let pace = paces[place]
            if pace != .quick, isCrowded || room.guests == .onlyQuick { continue }
            if pace == .slow, load.slow >= room.forSlow { continue }
            guard let stream = queues[place].popFirst() else { continue }
            turn = (place + 1) % paces.count
            return (stream, pace)
        }
        return nil
    }

    /// Streams whose quick answer is older than the trouble: each is moved once, until it is answered anew.
    private mutating func demote(answeredBefore trouble: ContinuousClock.Instant) {
        let (quick, unknown) = (index(.quick), index(.unknown))
        while let stream = queues[quick].first {
            if case .some(.some(let last)) = answers[stream], last >= trouble { return }
            _ = queues[quick].popFirst()
            answers[stream] = nil
            queues[unknown].append(stream)
        }
    }

    /// What is under way.
    private struct Load {
        private(set) var underWay = 0
        private(set) var starting = 0
        private(set) var slow = 0
        /// When the oldest delivery began whose answer is overdue.
        private(set) var oldestOverdue: ContinuousClock.Instant?

        init(_ taken: some Collection<Taken>, at now: ContinuousClock.Instant) {
            for one in taken {
                let isOverdue = one.since.duration(to: now) >= Room.patience
                underWay += 1
                if !isOverdue { starting += 1 }
                if one.isSlow || isOverdue { slow += 1 }
                if isOverdue { oldestOverdue = min(oldestOverdue ?? one.since, one.since) }
            }
        }

        mutating func add(isSlow: Bool) {
            underWay += 1
            starting += 1
            if isSlow { slow += 1 }
        }
    }
}

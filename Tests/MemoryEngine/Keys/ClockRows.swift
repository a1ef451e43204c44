import Installations
import Store

/// What is kept of the clock.
extension MemoryRows {
    /// How many steps are kept.
    private static let keptSteps = 1000

    var clockFacts: ClockFacts {
        let arrived = events.values.max { $0.id < $1.id }
        // Of what had arrived before the last step, the step tells. Also one that counts no more.
        let isNewer = arrived.map { event in clock.steps.allSatisfy { $0.step.event < event.id } } ?? false
        return ClockFacts(
            shown: clock.shown, swept: clock.swept, arrived: isNewer ? arrived?.receivedAt : nil,
            last: (arrived?.id ?? EventID(number: 0), audit.last?.number ?? 0),
            steps: clock.steps.filter { !$0.isUndone }.map(\.step))
    }

    mutating func write(_ change: ClockChange) {
        switch change {
        case .shows(let now): clock.shown = now
        case .swept(let now): clock.swept = now
        case .wasPutBack(let now, let newest, let event, let record):
            let step = ClockStep(
                number: (clock.steps.last?.step.number ?? 0) + 1, noticed: now, newest: newest,
                event: event, record: record)
            clock.steps = (clock.steps + [ClockStepRow(step: step)]).suffix(Self.keptSteps)
        case .undoSteps(let from, let now):
            clock.steps = clock.steps.map { row in
                let isUndone = row.isUndone || row.step.newest > from && row.step.newest <= now
                return ClockStepRow(step: row.step, isUndone: isUndone)
            }
        }
    }
}

/// Ids as the stand-in platform makes them up: 24 hexadecimal digits, as the platform's are, and each follows from what
/// it stands for. So a later command meets the same installation again, and the stand-in platform keeps no state.
enum SimulatedID {
    /// What an id stands for; the first eight digits.
    enum Kind: UInt32, CaseIterable, Sendable {
        case workspace = 0x65a0_0001
        case installation, member, addonUser
        case timeEntry, project, task, client, tag, invoice, approval, timeOff, policy, userGroup, expense, category
        case assignment, currency, customField
    }

    /// The id number `number` of a kind. `generation` tells an installation from the one before it in one workspace.
    static func text(_ kind: Kind, _ number: UInt32, generation: UInt32 = 0) -> String {
        hexadecimal(kind.rawValue) + hexadecimal(generation) + hexadecimal(number)
    }

    private static func hexadecimal(_ number: UInt32) -> String {
        let digits = String(number, radix: 16)
        return String(repeating: "0", count: 8 - digits.count) + digits
    }
}

import Marketplace

/// What is said of it everywhere, in plain words. No word of a stranger is in any of these.
extension Attention {
    /// Since when it is so, where that is known.
    package var since: Timestamp? {
        switch self {
        case .targetDown(let target): target.since
        case .waitsLong(let since): since
        case .oldKey(let promotedAt): promotedAt
        case .oldBackup(let newest): newest
        default: nil
        }
    }

    /// How many installations it is about, where that is known.
    package var workspaces: Int? {
        switch self {
        case .tokenMismatches(_, let installations): installations
        case .unfinishedRotation(let left, _): Int(clamping: left)
        default: nil
        }
    }

    /// What is so.
    package var title: String {
        switch self {
        case .cannotWork(let word): "The server cannot do its work: \(word)"
        case .targetDown(let target):
            (target.answers ? "\(target.addonKey.text) takes no event" : "Nothing reaches \(target.addonKey.text)")
                + " since \(target.since.plain)"
        case .inboxNearlyFull(let percent): "\(percent) % of the inbox are taken"
        case .damagedValues(let count): "\(count) sealed \(count == 1 ? "value does" : "values do") not open"
        case .waitsLong(let since): "An event waits since \(since.plain)"
        case .deadLettersGrew(let count):
            "\(count) \(count == 1 ? "event was" : "events were") given up in the last \(Self.deadMinutes) minutes"
        case .tokenMismatches(_, 1): "The token of an installation does not match"
        case .tokenMismatches(_, let count): "The tokens of \(count) installations do not match"
        case .manyRefusals(let count, let usual, _): "\(count) calls refused in a minute, usually \(usual)"
        case .unfinishedRotation(let left, let all):
            "The rotation stopped at \(all == 0 ? 0 : (all - left) * 100 / all) %"
        case .oldBackup(nil): "No backup was ever made"
        case .oldBackup(let newest?): "The newest backup is of \(newest.plain)"
        case .oldKey(let promotedAt): "The storage key is in use since \(promotedAt.plain)"
        }
    }

    /// What it means, and how it comes.
    package var message: String {
        switch self {
        case .cannotWork: "The platform's calls are answered 503, and nothing is pushed."
        case .targetDown(let target):
            (target.cause.map { "The last attempt: \($0). " } ?? "It does not answer. ")
                + "What comes meanwhile waits in the inbox"
                + (target.answers ? ", or is a dead letter where it is refused for good." : ".")
        case .inboxNearlyFull:
            "When it is full, webhooks are answered 503. See why events are not delivered."
        case .damagedValues: "The verification names each, and whose it is."
        case .waitsLong: "What its last attempt failed of stands with the event."
        case .deadLettersGrew:
            "Mend what refuses them, then replay them: nothing of them is lost until they are too old."
        case .tokenMismatches(let first, _):
            "\(first.count) calls refused since its install, signed by the platform and with another token. "
                + "Ask the workspace to reinstall the add-on."
        case .manyRefusals(_, _, let reason):
            "None of them was accepted; most of them: \(reason). "
                + "Somebody tries tokens, or the platform's key or a manifest changed."
        case .unfinishedRotation(let left, let all):
            "\(left) of \(all) installations are left, and nothing is lost: the command goes on with it."
        case .oldBackup: "A backup holds no key and may be made while serving, every day."
        case .oldKey: "It is more than a year. A rotation takes minutes, while everything is in use."
        }
    }

    /// The command that shows more, or mends it.
    package var remedy: String {
        switch self {
        case .cannotWork: "innkeeper doctor"
        case .targetDown: "innkeeper targets list"
        case .inboxNearlyFull, .waitsLong: "innkeeper events list --state pending"
        case .damagedValues: "innkeeper keys verify"
        case .deadLettersGrew: "innkeeper events list --state dead"
        case .tokenMismatches(let first, _): "innkeeper installations show \(first.id.workspaceID.text)"
        case .manyRefusals: "innkeeper stats"
        case .unfinishedRotation, .oldKey: "innkeeper keys rotate"
        case .oldBackup: "innkeeper backup FILE"
        }
    }
}

extension TargetTrouble {
    /// Whether it can be reached, and refuses.
    fileprivate var answers: Bool { cause?.hasPrefix("HTTP ") ?? false }
}

extension Timestamp {
    /// To the second, as people read it.
    package var plain: String { rfc3339.prefix(19).replacing("T", with: " ") + " UTC" }
}

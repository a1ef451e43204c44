import Marketplace

/// Webhook bodies as the platform sends them: the changed entity itself, in no envelope (protocol.md section 5).
enum SampleBody {
    /// The body of one event in one workspace. `sequence` makes one entity differ from the next.
    static func bytes(of event: EventType, in installation: SimulatedInstallation, sequence: UInt32) -> [UInt8] {
        fill(template(for: event), for: installation, sequence: sequence)
    }

    /// `template` with every `{{name}}` that stands for an id or a time filled in. The same arguments give the same
    /// bytes again, as a retry of the platform does.
    static func fill(_ template: String, for installation: SimulatedInstallation, sequence: UInt32) -> [UInt8] {
        var text = ""
        var rest = template[...]
        // Placeholders are looked up in one pass, so a value that was filled in is never read as a placeholder.
        while let opening = rest.firstRange(of: "{{"), let closing = rest[opening.upperBound...].firstRange(of: "}}") {
            let name = rest[opening.upperBound..<closing.lowerBound]
            text += rest[..<opening.lowerBound]
            text += value(of: name, for: installation, sequence: sequence) ?? "{{\(name)}}"
            rest = rest[closing.upperBound...]
        }
        return Array((text + rest).utf8)
    }

    private static func value(
        of name: Substring, for installation: SimulatedInstallation, sequence: UInt32
    ) -> String? {
        switch name {
        case "workspaceId": installation.workspace.text
        case "userId": installation.owner
        case "sequence": String(sequence)
        case "start": "2026-01-05T09:00:00Z"
        case "end": "2026-01-05T10:30:00Z"
        default: kinds[name].map { SimulatedID.text($0, sequence, generation: installation.number) }
        }
    }

    private static let kinds: [Substring: SimulatedID.Kind] = [
        "timeEntryId": .timeEntry, "projectId": .project, "taskId": .task, "clientId": .client, "tagId": .tag,
        "invoiceId": .invoice, "approvalId": .approval, "timeOffId": .timeOff, "policyId": .policy,
        "userGroupId": .userGroup, "expenseId": .expense, "categoryId": .category, "assignmentId": .assignment,
        "currencyId": .currency, "customFieldId": .customField,
    ]
}

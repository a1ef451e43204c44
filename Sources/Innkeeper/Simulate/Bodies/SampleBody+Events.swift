import Marketplace

extension SampleBody {
    /// The template of an event. Some entities do not name their workspace (protocol.md section 5.3).
    static func template(for event: EventType) -> String {
        switch event.text {
        case "NEW_PROJECT", "PROJECT_UPDATED", "PROJECT_DELETED": project
        case "NEW_TASK", "TASK_UPDATED", "TASK_DELETED": task
        case "NEW_CLIENT", "CLIENT_UPDATED", "CLIENT_DELETED": named(id: "clientId", "Client")
        case "NEW_TAG", "TAG_UPDATED", "TAG_DELETED": named(id: "tagId", "Tag")
        case "NEW_TIMER_STARTED": timeEntry(end: "null", duration: "null")
        case "TIMER_STOPPED", "NEW_TIME_ENTRY", "TIME_ENTRY_UPDATED", "TIME_ENTRY_DELETED", "TIME_ENTRY_RESTORED",
            "TIME_ENTRY_SPLIT":
            timeEntry(end: #""{{end}}""#, duration: #""PT1H30M""#)
        case "NEW_INVOICE": invoice(status: "UNSENT")
        case "INVOICE_UPDATED": invoice(status: "SENT")
        case "USER_JOINED_WORKSPACE", "USER_ACTIVATED_ON_WORKSPACE", "USER_DEACTIVATED_ON_WORKSPACE": member
        case "USER_DELETED_FROM_WORKSPACE", "USER_UPDATED": user
        case "USER_EMAIL_CHANGED": userWithNewAddress
        case "NEW_APPROVAL_REQUEST": approval(state: "PENDING")
        case "APPROVAL_REQUEST_STATUS_UPDATED": approval(state: "APPROVED")
        case "TIME_OFF_REQUESTED", "TIME_OFF_REQUEST_WITHDRAWN": timeOff(status: "PENDING")
        case "TIME_OFF_REQUEST_APPROVED": timeOff(status: "APPROVED")
        case "TIME_OFF_REQUEST_REJECTED": timeOff(status: "REJECTED")
        case "BALANCE_UPDATED": balance
        case "USER_GROUP_CREATED", "USER_GROUP_UPDATED", "USER_GROUP_DELETED": userGroup
        case "EXPENSE_CREATED": expense(#""taskId":"{{taskId}}","#, end: "")
        case "EXPENSE_RESTORED": expense("", end: #","locked":false"#)
        case "EXPENSE_UPDATED", "EXPENSE_DELETED": expenseReference
        case "ASSIGNMENT_CREATED", "ASSIGNMENT_UPDATED", "ASSIGNMENT_DELETED", "ASSIGNMENT_PUBLISHED": assignment
        case "BILLABLE_RATE_UPDATED": rate(hourly: 9000, cost: 0)
        case "COST_RATE_UPDATED": rate(hourly: 0, cost: 5000)
        case "LIMITED_USERS_ADDED_TO_WORKSPACE": limitedUsers
        case "USERS_INVITED_TO_WORKSPACE": invitedUsers
        // No public source shows the body of the rest.
        default: #"{"workspaceId":"{{workspaceId}}"}"#
        }
    }
}

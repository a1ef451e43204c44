extension SampleBody {
    static let project = """
        {"id":"{{projectId}}","name":"Project {{sequence}}","hourlyRate":{"amount":9000},"clientId":"{{clientId}}",\
        "workspaceId":"{{workspaceId}}","billable":true,"color":"#03A9F4","estimate":{"estimate":"PT40H",\
        "type":"MANUAL"},"archived":false,"duration":"PT0S","clientName":"Client {{sequence}}","note":"",\
        "public":true,"template":false,"tasks":[\(task)],\
        "client":\(named(id: "clientId", "Client"))}
        """

    /// Does not name its workspace.
    static let task = """
        {"id":"{{taskId}}","name":"Task {{sequence}}","projectId":"{{projectId}}","assigneeIds":["{{userId}}"],\
        "assigneeId":"{{userId}}","userGroupIds":[],"estimate":"PT8H","status":"ACTIVE","duration":"PT0S"}
        """

    /// A client or a tag.
    static func named(id: String, _ name: String) -> String {
        """
        {"id":"{{\(id)}}","name":"\(name) {{sequence}}","workspaceId":"{{workspaceId}}","archived":false}
        """
    }

    /// A time entry; `end` and `duration` are JSON, null while the timer runs.
    static func timeEntry(end: String, duration: String) -> String {
        """
        {"id":"{{timeEntryId}}","description":"Work {{sequence}}","tagIds":["{{tagId}}"],"userId":"{{userId}}",\
        "billable":true,"taskId":"{{taskId}}","projectId":"{{projectId}}",\
        "timeInterval":{"start":"{{start}}","end":\(end),"duration":\(duration)},\
        "workspaceId":"{{workspaceId}}","isLocked":false,"hourlyRate":null,"costRate":null,\
        "customFieldValues":[{"customFieldId":"{{customFieldId}}","timeEntryId":"{{timeEntryId}}",\
        "value":"{{sequence}}","name":"Order number"}],\
        "project":\(project),"task":\(task),"user":{"name":"Owner","id":"{{userId}}","status":"ACTIVE"},\
        "tags":[\(named(id: "tagId", "Tag"))]}
        """
    }

    static let assignment = """
        {"workspaceId":"{{workspaceId}}","userId":"{{userId}}","projectId":"{{projectId}}",\
        "assignmentId":"{{assignmentId}}"}
        """

    static func approval(state: String) -> String {
        """
        {"id":"{{approvalId}}","workspaceId":"{{workspaceId}}","dateRange":{"start":"{{start}}","end":"{{end}}"},\
        "owner":{"userId":"{{userId}}","userName":"Owner","timezone":"Europe/Vienna","startOfWeek":"MONDAY"},\
        "status":{"state":"\(state)","updatedBy":"{{userId}}","updatedByUserName":"Owner","updatedAt":"{{end}}",\
        "note":""}}
        """
    }

    static func timeOff(status: String) -> String {
        """
        {"id":"{{timeOffId}}","userId":"{{userId}}","workspaceId":"{{workspaceId}}","policyId":"{{policyId}}",\
        "timeZone":"Europe/Vienna","halfDay":false,\
        "timeOffPeriod":{"period":{"start":"{{start}}","end":"{{end}}"}},"note":null,\
        "status":{"statusType":"\(status)","changedByUserId":"{{userId}}","changedByUserName":"Owner",\
        "changedAt":"{{end}}","note":null},"balanceDiff":1,"createdAt":"{{start}}",\
        "requesterUserId":"{{userId}}","excludeDays":[],"negativeBalanceUsed":0,"balanceValueAtRequest":20}
        """
    }

    static let balance = """
        {"workspaceId":"{{workspaceId}}","userId":"{{userId}}","value":"{{sequence}}","note":"Carried over",\
        "updatedBy":"{{userId}}"}
        """
}

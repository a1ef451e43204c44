/// None of the bodies about one person names its workspace.
extension SampleBody {
    static let user = """
        {"id":"{{userId}}","email":"owner@example.com","name":"Owner"}
        """

    static let userWithNewAddress = """
        {"id":"{{userId}}","email":"owner@example.com","name":"Owner","oldEmail":"former@example.com"}
        """

    static let member = """
        {"id":"{{userId}}","email":"owner@example.com","name":"Owner",\
        "profilePicture":"https://example.com/owner.png","settings":\(settings)}
        """

    static let userGroup = """
        {"id":"{{userGroupId}}","name":"Group {{sequence}}","workspaceId":"{{workspaceId}}",\
        "userIds":["{{userId}}"],"teamManagers":[]}
        """

    static let limitedUsers = """
        {"workspaceId":"{{workspaceId}}","inviter":{"id":"{{userId}}","email":"owner@example.com","name":"Owner",\
        "profilePicture":"https://example.com/owner.png"},"invitedUserNames":["Guest {{sequence}}"]}
        """

    static let invitedUsers = """
        {"workspaceId":"{{workspaceId}}","inviter":\(member),"invitedUserEmails":["guest{{sequence}}@example.com"]}
        """

    private static let settings = """
        {"weekStart":"MONDAY","timeZone":"Europe/Vienna","timeFormat":"HOUR24","dateFormat":"YYYY-MM-DD",\
        "sendNewsletter":false,"weeklyUpdates":false,"longRunning":false,"scheduledReports":false,"approval":true,\
        "pto":true,"alerts":true,"reminders":true,"onboarding":false,"timeTrackingManual":false,\
        "summaryReportSettings":{"group":"Project","subgroup":"Time Entry"},"isCompactViewOn":false,\
        "dashboardSelection":"ME","dashboardViewType":"PROJECT","dashboardPinToTop":false,"projectListCollapse":50,\
        "collapseAllProjectLists":false,"groupSimilarEntriesDisabled":false,"myStartOfDay":"09:00",\
        "darkTheme":false,"projectPickerSpecialFilter":false,"lang":"EN","multiFactorEnabled":false,\
        "scheduling":true,"showOnlyWorkingDays":false,"theme":"DEFAULT"}
        """
}

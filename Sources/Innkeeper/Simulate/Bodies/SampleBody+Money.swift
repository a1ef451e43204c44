extension SampleBody {
    /// Does not name its workspace.
    static func invoice(status: String) -> String {
        """
        {"id":"{{invoiceId}}","number":"2026-{{sequence}}","status":"\(status)","issuedDate":"{{start}}",\
        "dueDate":"{{end}}","subtotal":13500,"discount":0,"tax":20,"tax2":0,"discountAmount":0,"taxAmount":2700,\
        "tax2Amount":0,"amount":16200,"currency":"EUR","subject":"January","note":"","clientId":"{{clientId}}",\
        "clientName":"Client {{sequence}}","clientAddress":"","userId":"{{userId}}",\
        "items":[{"order":1,"quantity":150,"description":"Work","unitPrice":9000,"amount":13500,"itemType":null,\
        "timeEntryIds":["{{timeEntryId}}"]}]}
        """
    }

    /// An expense in full; `middle` and `end` are members that only some of its events have.
    static func expense(_ middle: String, end: String) -> String {
        """
        {"id":"{{expenseId}}","workspaceId":"{{workspaceId}}","userId":"{{userId}}","date":"{{start}}",\
        "projectId":"{{projectId}}",\(middle)"categoryId":"{{categoryId}}","notes":"","quantity":1,\
        "billable":true,"fileId":"","total":4200\(end)}
        """
    }

    /// An expense by its id: it has no member `id`.
    static let expenseReference = """
        {"workspaceId":"{{workspaceId}}","userId":"{{userId}}","projectId":"{{projectId}}",\
        "expenseId":"{{expenseId}}","categoryId":"{{categoryId}}"}
        """

    /// A billable or cost rate, in cents; one of the two is zero.
    static func rate(hourly: Int, cost: Int) -> String {
        """
        {"workspaceId":"{{workspaceId}}","rateChangeSource":"PROJECT_MEMBER","modifiedEntity":{"userId":"{{userId}}",\
        "hourlyRate":{"amount":\(hourly)},"costRate":{"amount":\(cost)},"targetId":"{{projectId}}",\
        "membershipType":"PROJECT","membershipStatus":"ACTIVE"},"currency":{"id":"{{currencyId}}","code":"EUR"},\
        "amount":\(hourly + cost),"since":"{{start}}"}
        """
    }
}

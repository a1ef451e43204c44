/// The one question asked of a webhook body, besides whether it is JSON: does it name another workspace?
package enum WebhookBody {
    /// What a body turned out to be.
    package enum Inspection: Hashable, Sendable {
        /// Not JSON.
        case notJSON
        /// JSON whose top-level `workspaceId` is another workspace's.
        case otherWorkspace
        /// JSON that names this workspace or none.
        case accepted
    }

    /// Inspects a body without building it. Any JSON value will do. A member `workspaceId` counts only at the top level
    /// and only as a string; nested ones are other objects' (protocol.md section 9, row 40). Each must equal the
    /// token's, so that it does not matter which of two a later reader believes.
    package static func inspect(_ body: Span<UInt8>, for workspace: WorkspaceID) -> Inspection {
        var isOther = false
        do throws(JSONError) {
            try JSONGrammar.validate(body, topLevel: "workspaceId") { range in
                guard let text = StrictJSON.string(range, body) else { return }
                if !JSONScanner.matches(text, workspace.text, body) { isOther = true }
            }
        } catch {
            return .notJSON
        }
        return isOther ? .otherWorkspace : .accepted
    }
}

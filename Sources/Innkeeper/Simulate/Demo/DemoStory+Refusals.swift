import Marketplace

/// What a server that checks too little would let through.
extension DemoStory {
    var refusedWebhooks: [DemoScene] {
        [
            scene("webhooks signed with a stranger's key", cast.leaving, 401) { workspace, turn in
                try webhook(first, workspace, turn, by: forger)
            },
            scene("webhooks without a signature", cast.leaving, 401) { workspace, turn in
                try webhook(first, workspace, turn).with(StandInRequest.signature, nil)
            },
            scene("genuine webhooks, but the add-on is not installed", cast.strangers, 401) { workspace, turn in
                try webhook(first, workspace, turn)
            },
            scene("webhooks with another workspace's token", cast.leaving, 401) { workspace, turn in
                let other = try SimulatedInstallation(number: workspace.number + 1)
                let body = SampleBody.bytes(of: first.event, in: other, sequence: UInt32(1 + turn))
                return try calls.webhook(first.event, on: first.path, for: workspace, body: body)
            },
            scene("genuine webhooks on a path for other events", cast.leaving, 401) { workspace, turn in
                let body = SampleBody.bytes(of: last.event, in: workspace, sequence: UInt32(1 + turn))
                return try calls.webhook(last.event, on: first.path, for: workspace, body: body)
            },
            scene("webhooks for an event the manifest does not name", cast.leaving, 401) { workspace, turn in
                try webhook(first, workspace, turn).with(StandInRequest.eventType, "UNHEARD_OF")
            },
            // Who may send is settled before the body is read, so 400 is told to genuine senders only.
            scene("genuine webhooks whose body is not JSON", cast.leaving, 400) { workspace, turn in
                try webhook(first, workspace, turn).with(body: #"{"workspaceId":"#)
            },
        ]
    }

    var refusedLifecycle: [DemoScene] {
        [
            scene("install calls signed with a stranger's key", cast.strangers, 401) { workspace, _ in
                try forger.installed(workspace, now: CallSession.now)
            },
            scene("uninstall calls signed with a stranger's key", cast.leaving, 401) { workspace, _ in
                try forger.deleted(workspace, now: CallSession.now)
            },
            scene("uninstall calls without a token", cast.leaving, 401) { workspace, _ in
                try calls.deleted(workspace, now: CallSession.now).with(StandInRequest.lifecycleToken, nil)
            },
            // Every member's browser holds such a token, signed by the platform (protocol.md section 1.7).
            scene("uninstall calls with a member's own token", cast.leaving, 401) { workspace, _ in
                try uninstall(workspace, with: .user, of: workspace)
            },
            scene("uninstall calls with a webhook token", cast.leaving, 401) { workspace, _ in
                try uninstall(workspace, with: .webhook, of: workspace)
            },
            scene("uninstall calls with another workspace's token", cast.leaving, 401) { workspace, _ in
                let other = try SimulatedInstallation(number: workspace.number + 1)
                return try uninstall(workspace, with: .lifecycle, of: other)
            },
            scene("genuine settings calls whose body is not JSON", cast.leaving, 400) { workspace, _ in
                try calls.settingsUpdated(workspace, now: CallSession.now).with(body: "settings")
            },
        ]
    }

    private func uninstall(
        _ workspace: SimulatedInstallation, with kind: TokenKind, of holder: SimulatedInstallation
    ) throws(SimulateError) -> StandInRequest {
        let now = CallSession.now
        let token = try calls.token(kind, for: holder, now: now)
        return try calls.deleted(workspace, now: now).with(StandInRequest.lifecycleToken, token)
    }
}

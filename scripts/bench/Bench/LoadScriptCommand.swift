import ArgumentParser
import Foundation
import Marketplace

/// `bench load-script`: what wrk sends.
struct LoadScriptCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "load-script",
        abstract: "Write a wrk script that sends genuine webhooks of workspaces that 'simulate install' installed.")

    @Option(help: "The stand-in platform's private key.")
    var platformKey: String

    @Option(help: "Number of the first workspace.")
    var first = 1

    @Option(help: "How many workspaces send, in turn.")
    var workspaces = 200

    @Option(help: "Milliseconds that a connection pauses between two webhooks.")
    var pause = 0

    @Option(help: "Bytes of each body.")
    var bodyBytes = 1800

    func run() async throws {
        let platform = try StandInPlatform(privatePEM: try String(contentsOfFile: platformKey, encoding: .utf8))
        guard let addonKey = AddonKey("sample-addon") else { throw SeedError() }
        var requests: [String] = []
        for number in first..<first + workspaces {
            let digits = String(number, radix: 16)
            let workspace = "65a00001" + String(repeating: "0", count: 16 - digits.count) + digits
            let addon = "65a0000200000001" + String(repeating: "0", count: 8 - digits.count) + digits
            guard let workspaceID = WorkspaceID(workspace), let addonID = AddonID(addon) else { throw SeedError() }
            // The five documented claims: RS256 is deterministic, so these are the bytes that were installed.
            let token = try platform.token(.webhook, for: addonKey, workspace: workspaceID, addon: addonID, now: 0)
            requests.append(#"  { "\#(token)", "\#(workspace)" },"#)
        }
        print(
            """
            local senders = {
            \(requests.joined(separator: "\n"))
            }
            local filling = string.rep("x", \(max(0, bodyBytes - 60)))
            local requests = {}
            local turn = 0
            init = function(args)
              for i, sender in ipairs(senders) do
                requests[i] = wrk.format("POST", "/webhooks/projects", {
                  ["clockify-signature"] = sender[1],
                  ["clockify-webhook-event-type"] = "NEW_PROJECT",
                  ["content-type"] = "application/json",
                }, '{"workspaceId":"' .. sender[2] .. '","name":"' .. filling .. '"}')
              end
              turn = math.random(#requests)
            end
            \(pause > 0 ? "delay = function() return \(pause) end" : "")
            request = function()
              turn = turn % #requests + 1
              return requests[turn]
            end
            """)
    }
}

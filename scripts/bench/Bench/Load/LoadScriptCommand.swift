import ArgumentParser
import Marketplace

/// `bench load-script`: what wrk sends.
struct LoadScriptCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "load-script",
        abstract: "Write a wrk script that sends genuine webhooks of workspaces that 'simulate install' installed.")

    @OptionGroup var options: SenderOptions

    @Option(help: "Milliseconds that a connection pauses between two webhooks.")
    var pause = 0

    @Option(help: "Bytes of each body.")
    var bodyBytes = 1800

    @Flag(help: "Make every signature wrong.")
    var forged = false

    func run() async throws {
        let requests = try options.senders().map { sender in
            #"  { "\#(forged ? forge(sender.token) : sender.token)", "\#(sender.workspaceID.text)" },"#
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

    /// Another character in the midst of the signature: as long, as canonical, and not the platform's.
    private func forge(_ token: String) -> String {
        var characters = Array(token)
        let index = characters.count - 100
        characters[index] = characters[index] == "A" ? "B" : "A"
        return String(characters)
    }
}

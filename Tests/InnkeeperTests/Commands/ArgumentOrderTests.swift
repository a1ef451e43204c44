import ArgumentParser
import Testing

@testable import Innkeeper

@Suite struct ArgumentOrderTests {
    private static func order(_ line: String) -> ArgumentOrder {
        ArgumentOrder(line.split(separator: " ").map(String.init), of: InnkeeperCommand.self)
    }

    @Test(arguments: [
        ("--data-dir D installations list", "installations list --data-dir D"),
        ("installations list --data-dir D", "installations list --data-dir D"),
        ("--data-dir=D installations list --all", "installations list --data-dir=D --all"),
        ("installations --data-dir D list", "installations list --data-dir D"),
        ("--log-level debug --data-dir D serve", "serve --log-level debug --data-dir D"),
        ("-o json doctor", "doctor -o json"), ("-ojson doctor", "doctor -ojson"),
        ("--store sqlite --keys-dir K keys list -o jsonl", "keys list --store sqlite --keys-dir K -o jsonl"),
        ("--ingress-bind 127.0.0.1:0 serve --operator-bind x", "serve --ingress-bind 127.0.0.1:0 --operator-bind x"),
    ])
    func `leading flags move behind the verb`(_ line: String, _ expected: String) {
        #expect(Self.order(line).arguments.joined(separator: " ") == expected)
    }

    @Test(arguments: [
        ("--help", "--help"), ("--version", "--version"), ("", ""),
        ("frobnicate --data-dir D", "frobnicate --data-dir D"),
        ("--data-dir D --help", "--help"), ("--data-dir", "--data-dir"),
        ("installations --help", "installations --help"),
        ("--unknown x serve", "--unknown x serve"),
    ])
    func `without a verb what is left is for the parser`(_ line: String, _ expected: String) {
        #expect(Self.order(line).arguments.joined(separator: " ") == expected)
    }

    @Test func `an argument that looks like a verb is not one behind a verb`() {
        let order = Self.order("installations show list")
        #expect(order.verbs == ["installations", "show"])
        #expect(order.arguments == ["installations", "show", "list"])
    }

    @Test(arguments: [
        ("doctor -o json", true), ("doctor -ojson", true), ("doctor -o=json", true), ("doctor --output json", true),
        ("doctor --output=jsonl", true), ("-o json frobnicate", true), ("doctor -o table", false), ("doctor", false),
        ("doctor json", false), ("doctor -- -o json", false),
    ])
    func `the format of errors is known before parsing`(_ line: String, _ isJSON: Bool) {
        #expect(Self.order(line).isJSON == isJSON)
    }

    @Test(arguments: ["--data-dir D installations list", "installations list --data-dir D"])
    func `both orders parse to the same`(_ line: String) throws {
        let command = try InnkeeperCommand.parseAsRoot(Self.order(line).arguments)
        let list = try #require(command as? InstallationsListCommand)
        #expect(list.deployment.directory.path == "D")
    }
}

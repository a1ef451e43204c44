import PostgresStore
import Testing

@testable import Innkeeper

@Suite struct SettingsErrorTests {
    @Test(arguments: [
        (SettingKey.ingressBind, "localhost"), (.ingressBind, ":8080"), (.ingressBind, "127.0.0.1:65536"),
        (.ingressBind, "127.0.0.1:+80"), (.ingressBind, "127.0.0.300:80"), (.ingressBind, "::1:80"),
        (.operatorBind, "exa mple:80"), (.operatorBind, "[::1]"), (.logLevel, "loud"), (.logFormat, "xml"),
        (.platformHosts, "https://clockify.me"), (.platformHosts, "a,,b"), (.platformHosts, "10.0.0.1"),
        (.store, "mysql"), (.platformKeys, ""),
    ])
    func `a wrong flag is named with its value`(_ key: SettingKey, _ value: String) throws {
        let bed = try SettingsBed()
        let error = try #require(bed.error(flags: [key: value]))
        let report = CommandError(error)
        #expect(report.status == .configuration)
        #expect(report.message.contains(key.rawValue))
        #expect(report.message.contains(try #require(key.flag)))
        #expect(report.hint != nil)
    }

    @Test(arguments: [
        ("INNKEEPER_INBOX_MAX_EVENTS", "many"), ("INNKEEPER_INBOX_MAX_EVENTS", "0"),
        ("INNKEEPER_INBOX_MAX_EVENTS", "-1"),
        ("INNKEEPER_INBOX_MAX_EVENTS", "99999999999999999999"), ("INNKEEPER_PLATFORM_REFUSE_USER_CLAIMS", "maybe"),
        ("INNKEEPER_INGRESS_BIND", "nonsense"), ("INNKEEPER_LOG_LEVEL", "LOUD"), ("INNKEEPER_LOG_LEVEL", ""),
        ("INNKEEPER_PLATFORM_KEYS", ""), ("INNKEEPER_INGRESS_MAX_CONNECTIONS", "1.5"),
    ])
    func `a wrong environment variable is named`(_ name: String, _ value: String) throws {
        let bed = try SettingsBed()
        let error = try #require(bed.error(environment: [name: value]))
        #expect("\(error)".contains("environment variable \(name)"))
    }

    @Test(arguments: [
        (#"{"ingress": {"bind": 8080}}"#, "ingress.bind"), (#"{"ingress": []}"#, "ingress"),
        (#"{"inbox": {"maxEvents": "7"}}"#, "inbox.maxEvents"), (#"{"inbox": {"maxEvents": 7.0}}"#, "inbox.maxEvents"),
        (#"{"inbox": {"maxEvents": 0}}"#, "inbox.maxEvents"), (#"{"store": null}"#, "store"),
        (#"{"platform": {"refuseUserClaims": "false"}}"#, "platform.refuseUserClaims"),
        (#"{"platform": {"refuseUserClaims": 0}}"#, "platform.refuseUserClaims"),
        (#"{"platform": {"hosts": [1]}}"#, "platform.hosts"), (#"{"platform": {"hosts": []}}"#, "platform.hosts"),
        (#"{"keys": {"dir": ""}}"#, "keys.dir"), (#"{"forward": []}"#, "forward"),
        (#"{"forward": {"x": {"url": "https://a.example", "secret": "s"}}}"#, "forward.x"),
        (#"{"forward": {"addon": {"url": "ftp://a.example", "secret": "s"}}}"#, "forward.addon.url"),
        (#"{"forward": {"addon": {"url": "https://u:p@a.example", "secret": "s"}}}"#, "forward.addon.url"),
        (#"{"forward": {"addon": {"url": "https://a.example", "secret": ""}}}"#, "forward.addon.secret"),
        (#"{"forward": {"addon": {"url": "https://a.example"}}}"#, "forward.addon.secret"),
        (#"{"forward": {"addon": {"secret": "s"}}}"#, "forward.addon.url"),
    ])
    func `a wrong value in the file is named with the file`(_ json: String, _ key: String) throws {
        let bed = try SettingsBed(json)
        let error = try #require(bed.error())
        #expect("\(error)".contains(key))
        #expect("\(error)".contains("innkeeper.json"))
    }

    @Test(
        arguments: [
            (#"{"ingress": {"bnid": "x"}}"#, "ingress.bnid", "ingress.bind"), (#"{"ingres": {}}"#, "ingres", "ingress"),
            (#"{"ingress.bind": "127.0.0.1:1"}"#, "ingress.bind", "ingress.bind"),
            (#"{"platform": {"refuseuserclaims": true}}"#, "platform.refuseuserclaims", "platform.refuseUserClaims"),
            (#"{"forward": {"addon": {"uri": "x"}}}"#, "forward.addon.uri", "forward.addon.url"),
            (#"{"somethingElseEntirely": 1}"#, "somethingElseEntirely", nil), (#"{"": 1}"#, "", nil),
        ] as [(String, String, String?)])
    func `an unknown name is refused with the nearest known one`(
        _ json: String, _ key: String, _ nearest: String?
    ) throws {
        let bed = try SettingsBed(json)
        guard case .unknownKey(key, _, let found) = bed.error() else {
            Issue.record("not refused as unknown")
            return
        }
        #expect(found == nearest)
    }

    @Test func `a misspelt object is refused even when it is empty`() throws {
        #expect(try SettingsBed(#"{"platfrom": {}}"#).error() != nil)
    }

    @Test(arguments: [
        ("{\"store\": \"sqlite\",\n\"store\": \"sqlite\"}", 2), ("{\n\"store\": \"sqlite\",\n}", 3), ("[]", 1), ("", 1),
        ("{} {}", 1), ("{\"keys\": {\"dir\": \"a\", \"dir\": \"b\"}}", 1),
    ])
    func `a file that is not strict JSON is refused with the line`(_ json: String, _ line: Int) throws {
        guard case .notJSON(_, line, _) = try SettingsBed(json).error() else {
            Issue.record("not refused at line \(line)")
            return
        }
    }

    @Test(arguments: ["postgres://user:hunter2@db/innkeeper", "postgresql://user@db?password=hunter2"])
    func `a password in a flag is wrong usage, and nowhere else an error`(_ url: String) throws {
        let bed = try SettingsBed()
        let report = CommandError(try #require(bed.error(flags: [.store: url])))
        #expect(report.status == .usage)
        #expect(!report.message.contains("hunter2") && report.hint?.contains("hunter2") != true)
        guard case .postgres(let address, _) = try bed.load(environment: ["INNKEEPER_STORE": url]).store else {
            Issue.record("an environment variable may hold one")
            return
        }
        #expect(address.hasPassword)
        #expect(bed.error(flags: [.store: "postgres://user@db/innkeeper"]) == nil)
    }

    @Test func `a database has its URL and its connections in one object`() throws {
        let bed = try SettingsBed(#"{"store": {"url": "postgres://db/innkeeper", "connections": 3}}"#)
        guard case .postgres = try bed.load().store else {
            Issue.record("the URL is the store")
            return
        }
        #expect(try bed.load().storeConnections == 3)
        #expect(try SettingsBed(#"{"store": "postgres://db"}"#).load().storeConnections == 8)
        #expect(try SettingsBed(#"{"store": {"connections": 1}}"#).error() != nil)
        #expect(try SettingsBed(#"{"store": {"url": "mysql://db"}}"#).error() != nil)
    }

    @Test func `a store that might be a mistyped URL is never shown`() throws {
        let bed = try SettingsBed()
        let report = CommandError(try #require(bed.error(flags: [.store: "postgers://u:hunter2@db"])))
        #expect(!report.message.contains("hunter2"))
    }

    @Test func `a secret in place of its file's name is never shown`() throws {
        let bed = try SettingsBed(#"{"forward": {"addon": {"url": "https://a.example", "secret": "whsec_abc"}}}"#)
        let error = try #require(bed.error())
        #expect(!"\(error)".contains("whsec_abc"))
    }

    @Test func `control characters of a value do not reach the message`() throws {
        let bed = try SettingsBed()
        let error = try #require(bed.error(flags: [.logLevel: "a\u{1B}[2Jb"]))
        #expect(!"\(error)".contains("\u{1B}"))
    }
}

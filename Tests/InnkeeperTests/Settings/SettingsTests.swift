import Foundation
import Ingress
import Logging
import Marketplace
import Testing

@testable import Innkeeper

/// A data directory with a configuration file, for one test.
final class SettingsBed: Sendable {
    let path: String

    init(_ json: String? = nil) throws {
        path = FileManager.default.temporaryDirectory.path + "/settings-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        if let json { try json.write(toFile: path + "/innkeeper.json", atomically: true, encoding: .utf8) }
    }

    deinit {
        // A left-over directory under /tmp does not make the test's result wrong.
        do { try FileManager.default.removeItem(atPath: path) } catch { return }
    }

    func load(
        flags: [SettingKey: String] = [:], environment: [String: String] = [:], isTerminal: Bool = false
    ) throws(SettingsError) -> Settings {
        try .load(
            directory: path, flags: flags, environment: environment, workingDirectory: "/work-dir",
            isTerminal: isTerminal)
    }

    func error(flags: [SettingKey: String] = [:], environment: [String: String] = [:]) -> SettingsError? {
        do throws(SettingsError) {
            _ = try load(flags: flags, environment: environment)
            return nil
        } catch {
            return error
        }
    }
}

@Suite struct SettingsTests {
    @Test func `without any setting the documented defaults hold`() throws {
        let bed = try SettingsBed()
        let settings = try bed.load()
        #expect(settings.dataDirectory.path == bed.path)
        #expect(settings.ingress.host == "127.0.0.1")
        #expect(settings.ingress.port == 8080)
        #expect(settings.operatorBind.description == "127.0.0.1:8081")
        #expect(settings.ingress.maxBodyBytes == 1 << 20)
        #expect(settings.ingress.maxHeaderBytes == 32 << 10)
        #expect(settings.ingress.maxHeaderFields == 100)
        #expect(settings.ingress.requestDeadline == .seconds(15))
        #expect(settings.ingress.idleTimeout == .seconds(60))
        #expect(settings.ingress.maxConnections == 4096)
        #expect(settings.platformKeysFile == nil)
        #expect(settings.refuseUserClaims)
        #expect(settings.platformHosts == KnownPlatform.clockify.hosts)
        #expect(settings.keysDirectory == bed.path + "/keys")
        #expect(settings.inboxMaxEvents == 5_000_000)
        #expect(settings.inboxMaxBytes == 8 << 30)
        #expect(settings.storeMinFreeBytes == nil)
        #expect(settings.directoryMaxInstallations == 200_000)
        #expect(settings.logLevel == .info)
        #expect(settings.logFormat == .json)
        #expect(settings.forwards.isEmpty)
    }

    @Test func `a flag wins over the environment, the environment over the file`() throws {
        let bed = try SettingsBed(#"{"ingress": {"bind": "127.0.0.1:1"}, "operator": {"bind": "127.0.0.1:1"}}"#)
        let environment = ["INNKEEPER_INGRESS_BIND": "127.0.0.1:2"]
        #expect(try bed.load().ingress.port == 1)
        #expect(try bed.load(environment: environment).ingress.port == 2)
        let all = try bed.load(flags: [.ingressBind: "127.0.0.1:3"], environment: environment)
        #expect(all.ingress.port == 3)
        #expect(all.operatorBind.port == 1)
    }

    @Test func `a wrong value in a strong place does not fall through to a weaker one`() throws {
        let bed = try SettingsBed(#"{"inbox": {"maxEvents": 7}}"#)
        #expect(bed.error(environment: ["INNKEEPER_INBOX_MAX_EVENTS": "seven"]) != nil)
    }

    @Test(arguments: [
        (SettingKey.platformRefuseUserClaims, "INNKEEPER_PLATFORM_REFUSE_USER_CLAIMS"),
        (.inboxMaxEvents, "INNKEEPER_INBOX_MAX_EVENTS"), (.inboxMaxBytes, "INNKEEPER_INBOX_MAX_BYTES"),
        (.storeMinFreeBytes, "INNKEEPER_STORE_MIN_FREE_BYTES"), (.keysDir, "INNKEEPER_KEYS_DIR"),
        (.ingressMaxBodyBytes, "INNKEEPER_INGRESS_MAX_BODY_BYTES"), (.store, "INNKEEPER_STORE"),
        (.logFormat, "INNKEEPER_LOG_FORMAT"), (.platformHosts, "INNKEEPER_PLATFORM_HOSTS"),
    ])
    func `environment names are those of the contract`(_ key: SettingKey, _ name: String) {
        #expect(SettingLayers.environmentName(key) == name)
    }

    @Test func `store is a setting and also the beginning of others`() throws {
        let object = try SettingsBed(#"{"store": {"minFreeBytes": 7}, "inbox": {"maxBytes": 9}}"#).load()
        #expect(object.storeMinFreeBytes == 7 && object.inboxMaxBytes == 9)
        #expect(try SettingsBed(#"{"store": "sqlite"}"#).load().storeMinFreeBytes == nil)
        let bed = try SettingsBed(#"{"store": "sqlite"}"#)
        #expect(try bed.load(environment: ["INNKEEPER_STORE_MIN_FREE_BYTES": "0"]).storeMinFreeBytes == 0)
        #expect(bed.error(environment: ["INNKEEPER_STORE_MIN_FREE_BYTES": "-1"]) != nil)
        #expect(try SettingsBed(#"{"store": {"minFree": 7}}"#).error() != nil)
        #expect(try SettingsBed(#"{"store": {"minFreeBytes": {}}}"#).error() != nil)
    }

    @Test func `every kind of value is read from the environment`() throws {
        let bed = try SettingsBed()
        let settings = try bed.load(environment: [
            "INNKEEPER_PLATFORM_REFUSE_USER_CLAIMS": "false", "INNKEEPER_INBOX_MAX_EVENTS": "12",
            "INNKEEPER_PLATFORM_HOSTS": "clockify.me, example.org", "INNKEEPER_LOG_LEVEL": "debug",
            "INNKEEPER_LOG_FORMAT": "text",
        ])
        #expect(!settings.refuseUserClaims)
        #expect(settings.inboxMaxEvents == 12)
        #expect(settings.platformHosts.hosts == ["clockify.me", "example.org"])
        #expect(settings.logLevel == .debug)
        #expect(settings.logFormat == .text)
    }

    @Test func `hosts may be a text or an array in the file`() throws {
        let text = try SettingsBed(#"{"platform": {"hosts": "a.example,b.example"}}"#)
        #expect(try text.load().platformHosts.hosts == ["a.example", "b.example"])
        let array = try SettingsBed(#"{"platform": {"hosts": ["a.example", "b.example"]}}"#)
        #expect(try array.load().platformHosts.hosts == ["a.example", "b.example"])
    }

    @Test func `relative paths start at the data directory in the file and at the working directory elsewhere`() throws
    {
        let bed = try SettingsBed(#"{"keys": {"dir": "secret/keys"}, "platform": {"keys": "/etc/platform.pem"}}"#)
        #expect(try bed.load().keysDirectory == bed.path + "/secret/keys")
        #expect(try bed.load().platformKeysFile == "/etc/platform.pem")
        #expect(try bed.load(flags: [.keysDir: "./k/"]).keysDirectory == "/work-dir/k")
        #expect(try bed.load(environment: ["INNKEEPER_KEYS_DIR": "k"]).keysDirectory == "/work-dir/k")
    }

    @Test func `the log is text on a terminal unless told otherwise`() throws {
        let bed = try SettingsBed()
        #expect(try bed.load(isTerminal: true).logFormat == .text)
        #expect(try bed.load(flags: [.logFormat: "json"], isTerminal: true).logFormat == .json)
    }

    @Test func `the data directory is found by flag, environment, default`() throws {
        let environment = ["INNKEEPER_DATA_DIR": "/from/environment/"]
        #expect(try Settings.locate("/from/flag", environment, "/w").path == "/from/flag")
        #expect(try Settings.locate(nil, environment, "/w").path == "/from/environment")
        #expect(try Settings.locate(nil, [:], "/w").path == "/w/innkeeper-data")
        #expect(throws: SettingsError.self) { try Settings.locate("", [:], "/w") }
    }

    @Test func `a missing data directory names the next command`() {
        #expect {
            _ = try Settings.load(
                directory: "/nowhere/at/all", flags: [:], environment: [:], workingDirectory: "/", isTerminal: false)
        } throws: { error in
            let error = CommandError(error)
            return error.status == .configuration && error.hint?.contains("innkeeper init") == true
        }
    }

    @Test func `a byte order mark in front of the file says nothing`() throws {
        #expect(try SettingsBed("\u{FEFF}{\"log\": {\"level\": \"error\"}}").load().logLevel == .error)
    }

    @Test func `an add-on's events can be forwarded`() throws {
        let bed = try SettingsBed(
            #"{"forward": {"my.add-on": {"url": "https://example.org/in?x=1", "secret": "secrets/mine"}}}"#)
        let key = try #require(AddonKey("my.add-on"))
        let target = try #require(try bed.load().forwards[key])
        #expect(target == ForwardTarget(url: "https://example.org/in?x=1", secretFile: bed.path + "/secrets/mine"))
    }

    private func forward(
        _ members: String, environment: [String: String] = [:]
    ) throws -> (SettingsBed, ForwardTarget?) {
        let bed = try SettingsBed(#"{"forward": {"one": {"secret": "s", \#(members)}}}"#)
        let key = try #require(AddonKey("one"))
        return (bed, try bed.load(environment: environment).forwards[key])
    }

    @Test func `a target's authorities are its own file's, or the environment's, or the system's`() throws {
        let https = #""url": "https://a.example/""#
        let (file, folders) = (["SSL_CERT_FILE": "ca/own.pem"], ["SSL_CERT_DIR": "/a:b"])
        #expect(try forward(https).1?.authorities == .system)
        #expect(try forward(https, environment: ["SSL_CERT_FILE": "", "SSL_CERT_DIR": ""]).1?.authorities == .system)
        #expect(
            try forward(https, environment: file).1?.authorities
                == .environment(file: "/work-dir/ca/own.pem", directories: []))
        #expect(
            try forward(https, environment: folders).1?.authorities
                == .environment(file: nil, directories: ["/a", "/work-dir/b"]))
        #expect(try forward(#""url": "http://a.example/""#, environment: file).1?.authorities == .system)
        let (bed, target) = try forward(https + #", "ca": "tls/ca.pem""#, environment: file)
        #expect(target?.authorities == .file(bed.path + "/tls/ca.pem"))
        #expect(TrustAnchors(settings: try bed.load()).paths.contains(bed.path + "/tls/ca.pem"))
    }

    @Test(arguments: [
        #""url": "https://a.example/", "ca": """#, #""url": "https://a.example/", "ca": ["x"]"#,
        #""url": "https://a.example/", "ca": "-----BEGIN CERTIFICATE-----\n""#,
        #""url": "http://a.example/", "ca": "ca.pem""#, #""url": "https://a.example/", "cas": "ca.pem""#,
    ])
    func `authorities that cannot be right are refused`(members: String) throws {
        let bed = try SettingsBed(#"{"forward": {"one": {"secret": "s", \#(members)}}}"#)
        let error = try #require(bed.error())
        #expect("\(error)".contains("forward.one."), "\(error)")
        #expect(error.hint != nil)
    }
}

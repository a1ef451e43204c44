import Installations
import Testing

@testable import Innkeeper

@Suite struct EnvironmentNamesTests {
    @Test func `a variable that is no setting is refused, with the nearest that is one`() {
        let error = #expect(throws: SettingsError.self) {
            try EnvironmentNames.check(["PATH", "INNKEEPER_STORE", "INNKEEPER_INGRES_BIND"])
        }
        #expect(error?.hint == "rename it to INNKEEPER_INGRESS_BIND, or unset it")
        #expect(EnvironmentNames.unknown(among: ["INNKEEPER_VECTORS", "INNKEEPER_", "INNKEEPER_SERVICES"]).count == 3)
    }

    @Test func `every setting, a worker's API key and what Kubernetes makes are let be`() {
        let names =
            SettingKey.allCases.map(SettingLayers.environmentName) + [
                "INNKEEPER_DATA_DIR", "INNKEEPER_API_KEY", "INNKEEPER_PORT", "INNKEEPER_PORT_8081_TCP_ADDR",
                "INNKEEPER_SERVICE_HOST", "INNKEEPER_SERVICE_PORT_OPERATOR", "INNKEEPERS", "HOME",
            ]
        #expect(EnvironmentNames.unknown(among: names) == [])
    }

    @Test func `doctor fails over each of them`() {
        let findings = LocalChecks.environment(["INNKEEPER_INGRES_BIND", "INNKEEPER_STORE", "PATH"])
        #expect(findings.map(\.status) == [.fail])
    }
}

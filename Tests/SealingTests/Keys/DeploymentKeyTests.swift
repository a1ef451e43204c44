import CSodium
import Testing

@testable import Sealing

@Suite struct DeploymentKeyTests {
    private let deploymentKey = DeploymentKey(id: .init(bitPattern: 7), material: countingKey)

    @Test func `the subkeys are what another implementation derives`() {
        // blake2b of Python's hashlib, the way libsodium documents its key derivation.
        #expect(
            hex(deploymentKey.auditKey.digest(of: Array("abc".utf8)).bytes)
                == "57b37ff37c21ed44ddf7090d6f55a6be367c82c515666266f1f2705281199f2d"
        )
        #expect(
            hex(deploymentKey.apiKeyHashKey.digest(of: Array("abc".utf8)).bytes)
                == "d1205e4d9daaea41bb265ba74c40ee3f98f16ef387b8b1f08dfff399e74f03c0"
        )
        #expect(
            hex(deploymentKey.backupKey.digest(of: Array("abc".utf8)).bytes)
                == "ed650c1ec26f0db8ac3bd24731ea30599bb6ed851ed7f9ff70931a8259292c20"
        )
    }

    @Test func `no subkey is the deployment key or another subkey`() {
        let message: [UInt8] = [1, 2, 3]
        let digests = [
            MACKey(material: countingKey), deploymentKey.auditKey, deploymentKey.apiKeyHashKey,
            deploymentKey.backupKey, deploymentKey.authorityKey, deploymentKey.handedOutKey,
        ].map { $0.digest(of: message).bytes }
        #expect(Set(digests).count == 6)
    }

    @Test func `another deployment key has other subkeys`() {
        let (one, other) = (DeploymentKey.random(), DeploymentKey.random())
        #expect(one.id != other.id)
        #expect(!one.auditKey.digest(of: [1]).matches(other.auditKey.digest(of: [1])))
    }
}

package import Installations
package import Sealing

/// What the keys of a deployment open, vouch for, know again and chain. An engine makes it when it opens.
package struct StoreTools: Sendable {
    /// The deployment's own keys.
    package let keys: DeploymentKeys
    /// The loaded storage keys.
    package let keyring: Keyring
    /// Opens what is sealed here, as far as it may still be opened.
    package let vault: InstallationVault
    /// Judges rows that decide something.
    package let authority: Authority
    /// Chains the records of the audit log.
    package let chain: AuditChain
    /// Knows tokens again that were handed out.
    package let handedOut: HandedOutTokens

    /// The tools of a deployment whose store has this form.
    package init(keys: DeploymentKeys, keyring: Keyring, form: StoreForm) {
        let gate = FormGate(form)
        self.keys = keys
        self.keyring = keyring
        vault = InstallationVault(keyring: keyring, gate: gate)
        authority = Authority(seal: AuthoritySeal(key: keys.authority), gate: gate)
        chain = AuditChain(key: keys.audit)
        handedOut = HandedOutTokens(key: keys.handedOut)
    }
}

import Installations
import Sealing
import Store

/// What a transaction about installations needs beside its connection.
struct StoreTools: Sendable {
    let vault: InstallationVault
    let chain: AuditChain
    let authority: Authority
    let handedOut: HandedOutTokens
}

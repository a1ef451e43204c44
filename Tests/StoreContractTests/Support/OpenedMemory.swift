import Installations
import Marketplace
import MemoryEngine
import Sealing
import Store
import TestSupport

struct OpenedMemory: OpenedEngine {
    let engine: MemoryEngine
    var storeEngine: any StoreEngine { engine }

    func reopened(in directory: TemporaryDirectory) throws -> any OpenedEngine {
        let keyring = try Keyring(directory: KeyDirectory(path: directory.path + "/keys"))
        return OpenedMemory(engine: try MemoryEngine(rows: engine.committed, keyring: keyring))
    }

    func damage(_ damage: Damage) async throws {
        engine.edit { rows in
            switch damage {
            case .installationKey(let number):
                rows.installations[number]?.key?.wrapped.resetLast()
            case .storageKey(let number):
                rows.installations[number]?.key?.wrapped.replaceSubrange(2..<10, with: repeatElement(0, count: 8))
            case .storageKeyColumn(let number, let key): rows.installations[number]?.key?.storageKey = key
            case .webhookTokens(let number, let path):
                for index in rows.installations[number]?.tokens.indices ?? 0..<0
                where rows.installations[number]?.tokens[index].path == path {
                    rows.installations[number]?.tokens[index].sealed.resetLast()
                }
            case .secrets(let number): rows.installations[number]?.secrets = [:]
            case .body(let event): rows.events[event]?.body?.resetLast()
            case .moveBody(let event, let other):
                let body = rows.events[event]?.body
                rows.events[other]?.body = body
            case .status(let number, let status): rows.installations[number]?.status = status
            case .handedOut(let number): _ = rows.installations[number]?.handedOut.popLast()
            case .hold(let stream, let until):
                rows.holds[stream]?.until = until
                rows.holds[stream]?.length = .max
            case .end(let number, let at): rows.installations[number]?.endedAt = at
            case .workspace(let number, let name):
                guard let old = rows.installations[number]?.id, let workspaceID = WorkspaceID(name) else { return }
                rows.installations[number]?.id = InstallationID(
                    addonKey: old.addonKey, workspaceID: workspaceID, addonID: old.addonID)
            case .tombstone(let number):
                guard var row = rows.installations.values.first, let other = AddonID("forged") else { return }
                row.id = InstallationID(
                    addonKey: row.id.addonKey, workspaceID: row.id.workspaceID, addonID: other)
                (row.number, row.status, row.endedAt, row.proof, row.key) = (number, .deleted, row.updatedAt, nil, nil)
                rows.installations[number] = row
            case .revocation(let key, let at): rows.apiKeys[key]?.revokedAt = at
            case .deploymentKeyColumn(let key): rows.deployment.storageKey = key.description
            case .rotation(let number, let key):
                let plan = RotationPlan(from: key, to: key, reencrypt: false)
                let at = Timestamp(milliseconds: 1)
                rows.rotations[number] = RotationRow(
                    record: RotationRecord(number: number, plan: plan, startedAt: at, finishedAt: at), proof: nil)
            case .putBack(let old):
                rows.installations[old.number]?.status = old.status
                rows.installations[old.number]?.proof = old.proof
            case .copyToken(let number, let other):
                let token = rows.installations[number]?.secrets[.installationToken]
                rows.installations[other]?.secrets[.installationToken] = token
            case .removeAPIKey(let key): rows.apiKeys[key] = nil
            case .scopes(let key):
                let grant = rows.apiKeys[key]?.grant
                rows.apiKeys[key]?.grant = APIKeyGrant(
                    scopes: Set(Scope.allCases), addons: grant?.addons, expiresAt: grant?.expiresAt)
            case .record(let number): rows.editRecord(number)
            case .recordsAfter(let number): rows.audit.removeAll { $0.number > number }
            case .rotationEnd(let at):
                guard let (number, row) = rows.rotations.max(by: { $0.key < $1.key }) else { return }
                let ended = RotationRecord(
                    number: number, plan: row.record.plan, startedAt: row.record.startedAt, finishedAt: at)
                rows.rotations[number]?.record = ended
            case .form(let form): rows.deployment.form = form
            case .state(let key, let state): rows.storageKeys[key]?.state = state
            }
        }
    }
}

extension MemoryRows {
    fileprivate mutating func editRecord(_ number: RecordNumber) {
        audit = audit.map { record in
            guard record.number == number else { return record }
            let old = record.entry
            let entry = AuditEntry(
                at: old.at, actor: old.actor, action: old.action, installation: old.installation,
                subject: old.subject, outcome: old.outcome, detail: "edited", decides: old.decides)
            return AuditRecord(number: number, entry: entry, hash: record.hash)
        }
    }
}

extension [UInt8] {
    /// Of a sealed value: it does not open any more, and names the same key.
    fileprivate mutating func resetLast() {
        if let last { self[count - 1] = ~last }
    }
}

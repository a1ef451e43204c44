package import Installations
package import Webhooks

extension Store {
    /// The store's side of `doctor`. Every check is bounded but the engine's own of the file, which reads all of it.
    ///
    /// - Parameter retention: How long events are kept.
    package func findings(
        at now: Timestamp, retention: EventRetention = EventRetention(days: 7)
    ) async -> [Finding] {
        var findings = [engine.finding]
        if let condition = await condition() {
            findings.append(Finding("writes", .fail, condition.problem, fix: condition.remedy))
        }
        do throws(StoreError) {
            findings += try await engine.findings()
            findings += try await instanceFindings()
            findings.append(try await clock(now, retention))
            findings.append(try await audit())
            findings.append(try await authenticity())
            findings.append(inbox())
            findings += try await deliveryFindings(at: now)
            findings.append(engine.spaceFinding())
            findings.append(try await sealedValues())
            findings.append(try await rotation())
            findings.append(try await lastBackup(now))
        } catch {
            findings.append(
                Finding(
                    "store", .fail, error.description, fix: "check the disk and the storage keys, then run doctor again"
                ))
        }
        return findings
    }

    /// How many records `doctor` looks at; `audit verify` looks at all.
    static let checkedRecords: Int64 = 10_000

    private func audit() async throws(StoreError) -> Finding {
        switch try await verifyNewestAudit(Self.checkedRecords) {
        case .intact(let records, _) where records <= Self.checkedRecords:
            return Finding("audit log", .ok, "\(records) records, the chain is intact")
        case .intact(let records, _), .truncated(let records), .forged(let records, _):
            return Finding(
                "audit log", .ok,
                "\(records) records, the chain of the newest \(Self.checkedRecords) is intact; all: innkeeper audit verify"
            )
        case .broken(let number), .rewritten(let number):
            return Finding(
                "audit log", .fail, "the chain is broken at record \(number)",
                fix: "somebody changed the database file; compare it with a backup")
        }
    }

    /// It takes some seconds for a million installations.
    private func authenticity() async throws(StoreError) -> Finding {
        let found = try await forgedRows()
        if found.isLogCutOff {
            return Finding(
                "authority", .fail, "rows name audit records that are gone: the end of the audit log was cut off",
                fix: "compare the audit log with a head that you kept: innkeeper audit verify --head; restore a backup")
        }
        if let first = found.named.first {
            let others = found.count > 1 ? " and \(found.count - 1) more" : ""
            let what = first.reason == .removed ? "removed" : "changed"
            return Finding(
                "authority", .fail,
                "\(first.label)\(others) \(what) without the deployment's key, and counts for nothing",
                fix: "see which with: innkeeper keys verify; restore a backup, or revoke, forget or retire what it is")
        }
        guard tools.authority.gate.takesOlder else {
            return Finding("authority", .ok, "every row that decides something is authentic")
        }
        return Finding(
            "authority", .warn, "the store is being brought up to date; rows and values of the older form still count",
            fix: "keep innkeeper serving until the log says that the store is up to date")
    }

    private func inbox() -> Finding {
        Finding(
            "inbox", .ok,
            "\(waitingEvents) events wait for delivery, \(kept.events - waitingEvents) are dead letters; "
                + "\(kept.bytes >> 20) MiB of bodies")
    }

    private func sealedValues() async throws(StoreError) -> Finding {
        let damaged = try await read { reads in try reads.damagedValues() }
        if damaged == 0 { return Finding("sealed values", .ok, "none is known not to open") }
        return Finding(
            "sealed values", .fail, "\(damaged) do not open",
            fix: "see which with: innkeeper keys verify; restore a backup")
    }

    private func rotation() async throws(StoreError) -> Finding {
        let (latest, keys) = try await read { [tools] reads in
            (try reads.latestRotation()?.ifGenuine(by: tools.authority), try reads.storageKeys(judgedBy: tools))
        }
        let moving = keys.filter { $0.state == .retiring }
        if moving.isEmpty, latest?.finishedAt != nil || latest == nil {
            return Finding("rotation", .ok, "no change of storage keys is unfinished")
        }
        let left = moving.reduce(0) { $0 + $1.installations }
        return Finding(
            "rotation", .warn, "a change of storage keys is unfinished; \(left) installations are under an old one",
            fix: "innkeeper keys rotate")
    }
}

extension Store: SampledStore {
    package func sample() async throws(StoreError) -> StoreSample {
        var sample = try await read { [tools] reads in
            var sample = StoreSample()
            sample.installations = try reads.installationCounts()
            sample.storageKeys = try reads.storageKeys(judgedBy: tools)
            if let oldest = try reads.oldestWaiting() {
                sample.oldestWaiting = try reads.clock().steps.arrival(oldest.receivedAt, of: oldest.id)
            }
            sample.deadEvents = try reads.deadCount()
            sample.damagedValues = Int64(try reads.damagedValues())
            return sample
        }
        engine.measure(&sample)
        return sample
    }
}

package import Installations

extension Store: AuditStore {
    package func append(_ entry: AuditEntry) async throws(StoreError) {
        try await write { [tools] writes in try writes.apply([.record(entry)], by: tools) }
    }

    package func auditRecords(
        since: Timestamp?, of installation: InstallationID?, page: PageRequest
    ) async throws(StoreError) -> Page<AuditRecord> {
        try await read { reads in try reads.auditRecords(since: since, of: installation, page: page) }
    }

    package func verifyAudit(against kept: AuditHead?) async throws(StoreError) -> AuditVerdict {
        let verdict = try await verifyChain(against: kept)
        guard case .intact(let records, _) = verdict else { return verdict }
        let rows = try await forgedRows()
        if rows.isLogCutOff { return .truncated(records: records) }
        return rows.count == 0 ? verdict : .forged(records: records, rows: rows)
    }

    /// The walk alone.
    package func verifyChain(against kept: AuditHead?) async throws(StoreError) -> AuditVerdict {
        try await read { [tools] reads in
            try AuditWalk.walk(reads, after: AuditHead(number: 0, hash: AuditChain.genesis), against: kept, tools.chain)
        }
    }

    /// Walks the newest records only, in bounded time; what stands before them is taken as it is.
    func verifyNewestAudit(_ limit: Int64) async throws(StoreError) -> AuditVerdict {
        try await read { [tools] reads in try AuditWalk.walkNewest(limit, reads, tools.chain) }
    }
}

extension AuditWalk {
    /// Walks the newest records only, in bounded time; what stands before them is taken as it is.
    package static func walkNewest(
        _ count: Int64, _ reads: any AuditReads, _ chain: AuditChain
    ) throws -> AuditVerdict {
        let start = try reads.auditHead(behind: count) ?? AuditHead(number: 0, hash: AuditChain.genesis)
        return try walk(reads, after: start, against: nil, chain)
    }

    /// Walks to the end, in constant memory.
    package static func walk(
        _ reads: any AuditReads, after start: AuditHead, against kept: AuditHead?, _ chain: AuditChain
    ) throws -> AuditVerdict {
        var walk = AuditWalk(after: start, against: kept, chain)
        var verdict: AuditVerdict?
        // A record in front of the first one is none of the log's either.
        try reads.auditRecords(after: start.number == 0 ? RecordNumber(.min) : start.number) { record, isIndexed in
            verdict = walk.follow(record, isIndexed: isIndexed)
            return verdict == nil
        }
        return verdict ?? walk.end()
    }
}

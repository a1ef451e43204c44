import Installations
import Sealing
import Store

extension PostgresTransaction: AuthorityReads {
    func apiKeys(after id: String, limit: Int) throws -> [StoredAPIKey] {
        try rows("\(APIKeyRows.select) WHERE id > $1 ORDER BY id LIMIT $2", id, Int64(limit)).map(APIKeyRows.key)
    }

    func claims(after number: InstallationNumber, limit: Int, visit: (StoredClaim) throws -> Void) throws {
        let answers = try ask(
            Query(
                """
                SELECT \(InstallationRows.columns),
                    decided_by IS NULL OR mac IS NULL OR EXISTS (SELECT 1 FROM innkeeper.audit
                        WHERE audit.number = decided_by
                            AND decides IN ('installation:' || installation.number, 'deployment'))
                FROM innkeeper.installation WHERE number > $1 ORDER BY number LIMIT $2
                """, number.value, Int64(limit)),
            Query(
                """
                SELECT installation, digest FROM innkeeper.handed_out_token WHERE installation IN (
                    SELECT number FROM innkeeper.installation WHERE number > $1 ORDER BY number LIMIT $2)
                ORDER BY installation, digest
                """, number.value, Int64(limit)))
        let digests = SecretRows.handedOut(answers[1])
        try answers[0].forEach { row in
            let number = row.installation(0)
            try visit(
                StoredClaim(
                    number: number, standing: InstallationRows.standingIfAny(row),
                    vouched: Vouched(proof: row.proof(9), latest: InstallationRows.latest(row)),
                    isDecisionThere: row.bool(InstallationRows.width),
                    // `try?`: digests that do not read are the walk's to judge, nothing to throw.
                    handedOut: try? Self.set(digests[number] ?? [], of: number)))
        }
    }

    func areDecisionsThere() throws -> Bool {
        try rows(
            """
            SELECT NOT EXISTS (SELECT 1 FROM (
                    SELECT 'api-key:' || id AS about, decided_by FROM innkeeper.api_key
                    UNION ALL SELECT 'storage-key:' || id, decided_by FROM innkeeper.storage_key
                    UNION ALL SELECT 'rotation:' || number, decided_by FROM innkeeper.rotation
                        WHERE number = (SELECT max(number) FROM innkeeper.rotation)
                    UNION ALL SELECT 'deployment', decided_by FROM innkeeper.deployment) AS row
                WHERE decided_by IS NOT NULL AND NOT EXISTS
                    (SELECT 1 FROM innkeeper.audit WHERE audit.number = decided_by AND decides IN (about, 'deployment')))
            """
        ).first?.bool(0) ?? false
    }

    /// From subject to subject in the index, and then once for all rows of a kind.
    func subjects(after text: String, limit: Int, visit: (String, _ isThere: Bool) throws -> Void) throws {
        let texts = try rows(
            """
            WITH RECURSIVE subject (text, place) AS (
                (SELECT decides, 1 FROM innkeeper.audit WHERE decides <> '' AND decides > $1 ORDER BY decides LIMIT 1)
                UNION ALL
                SELECT (SELECT decides FROM innkeeper.audit WHERE decides <> '' AND decides > text
                        ORDER BY decides LIMIT 1), place + 1
                FROM subject WHERE text IS NOT NULL AND place < $2
            )
            SELECT text FROM subject WHERE text IS NOT NULL ORDER BY place
            """, text, Int64(limit)
        ).map { $0.text(0) }
        let there = try subjectsThere(among: texts.compactMap { AuthoritySubject(text: $0) })
        for text in texts {
            try visit(text, AuthoritySubject(text: text).map { $0 == .deployment || there.contains($0) } ?? true)
        }
    }

    private func subjectsThere(among subjects: [AuthoritySubject]) throws -> Set<AuthoritySubject> {
        var (numbers, rotations, apiKeys, storageKeys): ([Int64], [Int64], [String], [String]) = ([], [], [], [])
        for subject in subjects {
            switch subject {
            case .deployment: break
            case .installation(let number): numbers.append(number.value)
            case .rotation(let number): rotations.append(number)
            case .apiKey(let id): apiKeys.append(id)
            case .storageKey(let id): storageKeys.append(id.description)
            }
        }
        let answers = try ask(
            Query("SELECT number FROM innkeeper.installation WHERE number = ANY($1)", Column(numbers)),
            Query("SELECT number FROM innkeeper.rotation WHERE number = ANY($1)", Column(rotations)),
            Query("SELECT id FROM innkeeper.api_key WHERE id = ANY($1)", Column(apiKeys)),
            Query("SELECT id FROM innkeeper.storage_key WHERE id = ANY($1)", Column(storageKeys)))
        var there = Set(answers[0].map { AuthoritySubject.installation($0.installation(0)) })
        there.formUnion(answers[1].map { .rotation($0.int(0)) })
        there.formUnion(answers[2].map { .apiKey($0.text(0)) })
        there.formUnion(answers[3].compactMap { StorageKeyID($0.text(0)).map { .storageKey($0) } })
        return there
    }
}

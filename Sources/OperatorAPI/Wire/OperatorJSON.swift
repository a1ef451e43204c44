/// A storage key and its census.
package struct StorageKeyJSON: Codable, Sendable {
    package var id: String
    package var state: String
    package var createdAt: String
    @Nullable package var promotedAt: String?
    package var installations: Int64
}

/// An add-on this server has a manifest for.
package struct AddonJSON: Codable, Sendable {
    package var key: String
    package var name: String
    package var baseUrl: String
    package var lifecycle: [RouteJSON]
    package var webhooks: [RouteJSON]
    package var warnings: [String]

    /// A route and what it stands for: a lifecycle type or an event name.
    package struct RouteJSON: Codable, Sendable {
        package var path: String
        package var type: String
    }
}

/// One line of the audit log.
package struct AuditJSON: Codable, Sendable {
    package var number: Int64
    package var at: String
    package var actor: String
    package var action: String
    @Nullable package var addonKey: String?
    @Nullable package var workspaceId: String?
    @Nullable package var addonId: String?
    @Nullable package var subject: String?
    package var outcome: String
    @Nullable package var detail: String?
    /// The chain up to and including this line, in hex.
    package var hash: String
}

/// A page of the audit log, newest first.
package struct AuditPageJSON: Codable, Sendable {
    package var records: [AuditJSON]
    @Nullable package var nextCursor: String?
}

/// What a walk over the audit chain found.
package struct AuditVerdictJSON: Codable, Sendable {
    package var intact: Bool
    /// Records that follow from the first.
    package var records: Int64
    /// The chain's head in hex, when intact.
    @Nullable package var head: String?
    /// The first record that is missing or does not follow, when not intact.
    @Nullable package var brokenAt: Int64?
    /// Why not intact: `broken`; against a kept head `truncated` or `rewritten`; or `forged`, when the chain holds but rows
    /// say what no record made them say.
    @Nullable package var problem: String?
    /// The first of these rows; only when `forged`.
    package var rows: [String]?
}

/// An API key without its secret.
package struct APIKeyJSON: Codable, Sendable {
    package var id: String
    package var name: String
    package var scopes: [String]
    /// The add-ons it is bound to; none for all.
    package var addons: [String]
    package var createdAt: String
    @Nullable package var expiresAt: String?
    @Nullable package var lastUsedAt: String?
    /// The address it was last used from.
    @Nullable package var lastUsedFrom: String?
    @Nullable package var revokedAt: String?
}

/// What makes an API key.
package struct NewAPIKeyJSON: RequestJSON {
    enum CodingKeys: CodingKey, CaseIterable { case name, scopes, addons, expiresAt }

    package var name: String
    package var scopes: [String]
    /// The add-ons it is bound to; nil for all.
    package var addons: [String]?
    /// From when on it opens nothing; nil for never.
    package var expiresAt: String?

    /// A key to be made.
    package init(name: String, scopes: [String], addons: [String]? = nil, expiresAt: String? = nil) {
        self.name = name
        self.scopes = scopes
        self.addons = addons
        self.expiresAt = expiresAt
    }
}

/// A new API key: the only time its secret is shown.
package struct CreatedAPIKeyJSON: Codable, Sendable {
    package var id: String
    package var name: String
    package var scopes: [String]
    package var addons: [String]
    @Nullable package var expiresAt: String?
    package var secret: String
}

/// One check of `doctor`.
package struct CheckJSON: Codable, Sendable {
    package var name: String
    /// `ok`, `warn` or `fail`.
    package var status: String
    package var message: String
    /// What to do about it; null when there is nothing to do.
    @Nullable package var fix: String?

    /// A finding.
    package init(name: String, status: String, message: String, fix: String?) {
        self.name = name
        self.status = status
        self.message = message
        self.fix = fix
    }
}

/// Every check of `doctor`.
package struct DoctorJSON: Codable, Sendable {
    package var checks: [CheckJSON]

    /// A report.
    package init(checks: [CheckJSON]) { self.checks = checks }
}

/// Every error on the wire.
package struct ErrorJSON: Codable, Sendable {
    package var error: Detail

    /// The code of an error that only a storage key's file can mend.
    package static let missingStorageKey = "storage_key_missing"
    /// The code of an error about a row that was changed without the deployment's key.
    package static let forgedRow = "forged_row"

    /// What went wrong, safe to show.
    package struct Detail: Codable, Sendable {
        package var code: String
        package var message: String

        /// A closed code and a sentence.
        package init(code: String, message: String) {
            self.code = code
            self.message = message
        }
    }

    /// An error with a closed code.
    package init(code: String, message: String) {
        error = Detail(code: code, message: message)
    }
}

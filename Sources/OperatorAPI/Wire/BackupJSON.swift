/// What a backup is asked with.
package struct BackupRequestJSON: RequestJSON {
    enum CodingKeys: CodingKey, CaseIterable { case path }

    /// An absolute path on the server's machine; nothing may be there.
    package var path: String

    /// A backup to be made.
    package init(path: String) { self.path = path }
}

/// A backup that was made.
package struct BackupJSON: Codable, Sendable {
    package var path: String
    package var bytes: Int64
    package var madeAt: String
    /// The storage keys it needs.
    package var keys: [String]
    package var installations: Int64
}

/// A backup on record, by name.
package struct NewestBackupJSON: Codable, Sendable {
    package var path: String
    package var madeAt: String
}

/// A storage key after its end, and what is lost without a copy of it.
package struct DestroyedKeyJSON: Codable, Sendable {
    package var key: StorageKeyJSON
    /// The newest backup on record that needs the key; null when none does.
    @Nullable package var newestBackup: NewestBackupJSON?

    private enum CodingKeys: CodingKey { case newestBackup }

    package init(key: StorageKeyJSON, newestBackup: NewestBackupJSON?) {
        self.key = key
        self.newestBackup = newestBackup
    }

    package init(from decoder: any Decoder) throws {
        key = try StorageKeyJSON(from: decoder)
        let container = try decoder.container(keyedBy: CodingKeys.self)
        newestBackup = try container.decodeIfPresent(NewestBackupJSON.self, forKey: .newestBackup)
    }

    /// The key's own members, as in a list, and one more.
    package func encode(to encoder: any Encoder) throws {
        try key.encode(to: encoder)
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(newestBackup, forKey: .newestBackup)
    }
}

/// What a backup is asked with.
package struct BackupRequestJSON: RequestJSON {
    enum CodingKeys: CodingKey, CaseIterable { case name }

    /// Where the caller will write it, for the record: an absolute path, or `-`. An older server asks for `path`, and would write
    /// there itself: it refuses this.
    package var name: String

    /// A backup to be sent.
    package init(name: String) { self.name = name }
}

/// The fields of an answer that is a backup.
package enum BackupFields {
    /// The id by which the caller says that the backup is kept.
    package static let id = "innkeeper-backup-id"
}

/// A backup that is kept.
package struct BackupJSON: Codable, Sendable {
    /// Where its caller wrote it.
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

import CPostgres

/// Where a database is, and how it is spoken to. Never printed: a URL may hold a password.
package struct StoreAddress: Sendable {
    /// The oldest server: what is asked for is there from PostgreSQL 15 on.
    static let oldest: Int32 = 150_000

    private let url: String
    /// What the URL itself says, by libpq's names.
    private let parts: [String: String]

    /// A database by its URL; nil for what is none. What the URL leaves out, libpq finds in its environment, its service file and
    /// its password file.
    package init?(url: String) {
        guard Self.isNamed(url), let parts = Self.parts(of: url) else { return nil }
        self.url = url
        self.parts = parts
        if Self.meansPassword(url), !hasPassword { return nil }
    }

    /// Whether the URL itself holds a password.
    package var hasPassword: Bool { Self.secrets.contains { parts[$0] != nil } }

    /// Whether a password is meant in a text, also where libpq does not find it, because what should be escaped in it ends it: a
    /// slash, or an `@`. Such a URL is none, and what libpq makes of it is not shown.
    package static func meansPassword(_ url: String) -> Bool {
        guard isNamed(url) else { return false }
        let rest = url.drop { $0 != ":" }.dropFirst(3).prefix { $0 != "?" }
        guard let end = rest.lastIndex(of: "@") else { return false }
        return rest[..<end].contains(":")
    }

    private static func isNamed(_ url: String) -> Bool {
        url.hasPrefix("postgres://") || url.hasPrefix("postgresql://")
    }

    /// Whether both are one database, spelt alike: what is secret in a URL says nothing of that.
    package func isSame(as other: StoreAddress) -> Bool {
        parts.filter { !Self.secrets.contains($0.key) } == other.parts.filter { !Self.secrets.contains($0.key) }
    }

    /// A URL of the same without what is secret: made of what libpq read, as it alone knows where a password ends.
    package var plainURL: String {
        let hosts = parts["host"] ?? ""
        let isPlain = !hosts.contains { $0 == "/" || $0 == "," || $0 == ":" }
        var text = "postgres://" + (parts["user"].map { Self.escaped($0) + "@" } ?? "")
        var apart: Set<String> = ["user", "dbname"]
        if isPlain {
            text += Self.escaped(hosts) + (parts["port"].map { ":" + Self.escaped($0) } ?? "")
            apart.formUnion(["host", "port"])
        }
        text += parts["dbname"].map { "/" + Self.escaped($0) } ?? ""
        let rest = parts.filter { !apart.contains($0.key) && !Self.secrets.contains($0.key) }.sorted { $0.key < $1.key }
        let query = rest.map { "\($0.key)=\(Self.escaped($0.value))" }.joined(separator: "&")
        return text + (query.isEmpty ? "" : "?" + query)
    }

    private static func escaped(_ text: String) -> String {
        text.utf8.map { byte in
            let isPlain =
                UInt8(ascii: "a")...UInt8(ascii: "z") ~= byte || UInt8(ascii: "A")...UInt8(ascii: "Z") ~= byte
                || UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte || "-._~,".utf8.contains(byte)
            if isPlain { return String(UnicodeScalar(byte)) }
            let digits = String(byte, radix: 16, uppercase: true)
            return byte < 16 ? "%0" + digits : "%" + digits
        }.joined()
    }

    private static let secrets: Set<String> = ["password", "sslpassword"]

    /// Whether the server is on this machine, as far as the URL says.
    var isLocal: Bool {
        guard let host = parts["hostaddr"] ?? parts["host"] else { return false }
        return host.split(separator: ",").allSatisfy { $0.hasPrefix("/") || Self.loopback.contains(String($0)) }
    }

    private static let loopback: Set<String> = ["localhost", "127.0.0.1", "::1"]

    /// What the URL allows that is less than a server which is known by its name and its authority; nil when nothing.
    var weakness: String? {
        guard !isLocal, let mode = parts["sslmode"], mode != "verify-full" else { return nil }
        return "the URL says sslmode=\(mode): who stands between can be the server, and read every token's ciphertext"
    }

    /// Makes a connection, whose session is as every session must be.
    func connect() throws(LinkFailure) -> Link {
        // What stands behind the URL holds whatever it says, what stands before it unless it says otherwise.
        let defaults = isLocal ? [] : [("sslmode", "verify-full"), ("sslrootcert", Self.authorities)]
        var link = try Link(
            defaults + [
                ("connect_timeout", "5"), ("dbname", url), ("fallback_application_name", "innkeeper"),
                ("client_encoding", "UTF8"), ("keepalives", "1"), ("keepalives_idle", "3"),
                ("keepalives_interval", "2"),
                ("keepalives_count", "2"), ("tcp_user_timeout", "7000"),
            ] + (isCluster ? [("target_session_attrs", "read-write")] : []))
        _ = try link.exchange([Self.session], within: 10)
        return link
    }

    /// Of several hosts only the one that takes writes is of use.
    private var isCluster: Bool { (parts["host"] ?? parts["hostaddr"])?.contains(",") ?? false }

    /// Where Debian keeps the system's authorities.
    private static let authorities = "/etc/ssl/certs/ca-certificates.crt"

    /// A commit is durable when it is answered. Statements and locks end in time, so that nobody is waited for in vain. And plans
    /// go by indexes: one that was made while a table was small would walk over it when it has a million rows.
    private static let session = Query(
        """
        SELECT set_config('synchronous_commit', 'on', false), set_config('statement_timeout', '25s', false),
            set_config('lock_timeout', '10s', false), set_config('idle_in_transaction_session_timeout', '60s', false),
            set_config('search_path', 'pg_catalog', false), set_config('enable_seqscan', 'off', false),
            set_config('enable_hashjoin', 'off', false), set_config('enable_mergejoin', 'off', false),
            set_config('jit', 'off', false), set_config('idle_session_timeout', '0', false)
        """)

    /// What a URL says.
    private static func parts(of url: String) -> [String: String]? {
        guard let options = unsafe PQconninfoParse(url, nil) else { return nil }
        defer { unsafe PQconninfoFree(options) }
        var (parts, option) = unsafe ([String: String](), options)
        while let keyword = unsafe option.pointee.keyword {
            if let value = unsafe option.pointee.val {
                unsafe parts[String(cString: keyword)] = String(cString: value)
            }
            unsafe option += 1
        }
        return parts
    }
}

// swift-tools-version: 6.2

import PackageDescription

let settings: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .treatAllWarnings(as: .error),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("ExistentialAny"),
]

/// Targets that call C: every unsafe use is marked with `unsafe` and stands out in review.
let cSettings = settings + [.strictMemorySafety()]

let package = Package(
    name: "innkeeper",
    products: [
        .executable(name: "innkeeper", targets: ["Innkeeper"])
    ],
    dependencies: [
        // The operator's command line: parsing, help, completions.
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        // One setting, three spellings: flag, environment, innkeeper.json.
        .package(url: "https://github.com/apple/swift-configuration", from: "1.4.0"),
        // Structured logs; the reason of a refusal goes there and nowhere else.
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        // Counters and histograms, recorded without knowing who reads them.
        .package(url: "https://github.com/apple/swift-metrics", from: "2.13.0"),
        // The public listener: HTTP/1.1 on the event loop, nothing in between.
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        // Whose certificates a delivery trusts, and to tell a TLS failure from any other.
        .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.6"),
        // Graceful shutdown of a listener that still owes answers.
        .package(url: "https://github.com/apple/swift-nio-extras", from: "1.35.2"),
        // The embedded store. Pinned: on Linux our tests are its CI.
        .package(url: "https://github.com/groue/GRDB.swift", exact: "7.10.0"),
        // The private listener: routing, middleware, JSON.
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1"),
        // The console's pages as templates.
        .package(url: "https://github.com/hummingbird-project/swift-mustache", from: "2.1.1"),
        // Names of HTTP fields and statuses, as Hummingbird speaks them.
        .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0"),
        // Deliveries to the add-on's own code; the command line's way to innkeeper.sock, the stand-in platform's to the
        // ingress.
        .package(url: "https://github.com/swift-server/async-http-client", from: "1.37.0"),
        // One group of services, one order of shutdown.
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
    ],
    targets: [
        .systemLibrary(
            name: "CSodium", pkgConfig: "libsodium", providers: [.apt(["libsodium-dev"])]),
        .systemLibrary(
            name: "COpenSSL", pkgConfig: "libcrypto", providers: [.apt(["libssl-dev"])]),
        // The client library of PostgreSQL: pipelines, prepared statements, its environment and its password files.
        .systemLibrary(name: "CPostgres", pkgConfig: "libpq", providers: [.apt(["libpq-dev"])]),
        // The C library's allocator, to give memory back.
        .systemLibrary(name: "CMalloc"),
        .target(name: "Sealing", dependencies: ["CSodium"], swiftSettings: cSettings),
        .target(name: "Marketplace", dependencies: ["COpenSSL"], swiftSettings: cSettings),
        .target(
            name: "Installations",
            dependencies: [
                "Marketplace", "Sealing",
            ],
            swiftSettings: settings
        ),
        // What both listeners bound and read alike: connections, the memory of bodies, where requests end.
        .target(
            name: "Listening",
            dependencies: [
                "CMalloc", "Marketplace",
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
            ],
            swiftSettings: cSettings
        ),
        .target(
            name: "Webhooks",
            dependencies: [
                "Installations", "Marketplace", "Sealing",
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "Metrics", package: "swift-metrics"),
                .product(name: "NIOCore", package: "swift-nio"),
                // What the client's requests and errors are made of; listening stays in Ingress.
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ],
            swiftSettings: settings
        ),
        .target(
            name: "Schema",
            path: "schema",
            exclude: ["postgres.sql", "sqlite.sql"],
            resources: [
                .embedInCode("sqlite_v001_initial.sql"), .embedInCode("sqlite_v002_key_life.sql"),
                .embedInCode("sqlite_v003_rotation.sql"), .embedInCode("sqlite_v004_backup.sql"),
                .embedInCode("sqlite_v005_delivery.sql"), .embedInCode("sqlite_v006_event_cost.sql"),
                .embedInCode("sqlite_v007_waiting_by_arrival.sql"), .embedInCode("sqlite_v008_authority.sql"),
                .embedInCode("sqlite_v009_kept_bytes.sql"), .embedInCode("sqlite_v010_bound_api_keys.sql"),
                .embedInCode("sqlite_v011_hold_length.sql"), .embedInCode("sqlite_v012_no_list_of_unproven.sql"),
                .embedInCode("sqlite_v013_handed_out_summary.sql"),
                .embedInCode("sqlite_v014_settings_to_erase.sql"),
                .embedInCode("sqlite_v015_clock.sql"), .embedInCode("sqlite_v016_move.sql"),
                .embedInCode("sqlite_v017_session.sql"), .embedInCode("sqlite_v018_console.sql"),
                .embedInCode("postgres_v001_initial.sql"), .embedInCode("postgres_v002_instances.sql"),
                .embedInCode("postgres_v003_move.sql"),
                .embedInCode("postgres_v004_session.sql"), .embedInCode("postgres_v005_console.sql"),
            ],
            swiftSettings: settings
        ),
        // Every decision about what is kept: no SQL, no engine.
        .target(
            name: "Store",
            dependencies: ["Installations", "Marketplace", "Sealing", "Webhooks"],
            swiftSettings: settings
        ),
        .target(
            name: "SQLiteStore",
            dependencies: [
                "Installations", "Marketplace", "Schema", "Sealing", "Store", "Webhooks",
                .product(name: "GRDB", package: "GRDB.swift"),
                .product(name: "GRDBSQLite", package: "GRDB.swift"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ],
            swiftSettings: settings
        ),
        .target(
            name: "PostgresStore",
            dependencies: ["CPostgres", "Installations", "Marketplace", "Schema", "Sealing", "Store", "Webhooks"],
            swiftSettings: cSettings
        ),
        .target(
            name: "Ingress",
            dependencies: [
                "Installations", "Listening", "Marketplace", "Webhooks",
                .product(name: "Logging", package: "swift-log"),
                .product(name: "Metrics", package: "swift-metrics"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOExtras", package: "swift-nio-extras"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ],
            swiftSettings: settings
        ),
        .target(
            name: "OperatorAPI",
            dependencies: [
                "Installations", "Listening", "Marketplace", "Sealing", "Webhooks",
                .product(name: "CoreMetrics", package: "swift-metrics"),
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "HummingbirdCore", package: "hummingbird"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "Mustache", package: "swift-mustache"),
                .product(name: "NIOCore", package: "swift-nio"),
                // The parts of a request between the decoder and Hummingbird, where connections are bounded.
                .product(name: "NIOHTTPTypes", package: "swift-nio-extras"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ],
            resources: [
                .embedInCode("OpenAPI/openapi.json"), .embedInCode("Console/Assets/console.css"),
                .embedInCode("Console/Assets/sign.svg"), .embedInCode("Console/Assets/console.js"),
                .embedInCode("Console/Templates/frame.mustache"),
                .embedInCode("Console/Templates/places.mustache"), .embedInCode("Console/Templates/pager.mustache"),
                .embedInCode("Console/Templates/login.mustache"), .embedInCode("Console/Templates/moment.mustache"),
                .embedInCode("Console/Templates/problem.mustache"),
                .embedInCode("Console/Templates/problem_alone.mustache"),
                .embedInCode("Console/Templates/overview.mustache"),
                .embedInCode("Console/Templates/installations.mustache"),
                .embedInCode("Console/Templates/installation.mustache"),
                .embedInCode("Console/Templates/events.mustache"), .embedInCode("Console/Templates/event.mustache"),
                .embedInCode("Console/Templates/targets.mustache"), .embedInCode("Console/Templates/chart.mustache"),
                .embedInCode("Console/Templates/cards.mustache"),
                .embedInCode("Console/Templates/keys.mustache"), .embedInCode("Console/Templates/audit.mustache"),
                .embedInCode("Console/Templates/access.mustache"), .embedInCode("Console/Templates/doctor.mustache"),
            ],
            swiftSettings: settings
        ),
        .executableTarget(
            name: "Innkeeper",
            dependencies: [
                "Ingress", "Installations", "Listening", "Marketplace", "OperatorAPI", "PostgresStore", "SQLiteStore",
                "Sealing", "Store", "Webhooks",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "Configuration", package: "swift-configuration"),
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "Metrics", package: "swift-metrics"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
                .product(name: "UnixSignals", package: "swift-service-lifecycle"),
            ],
            swiftSettings: settings,
            // All addresses of libraries are found at the start and then read only: full RELRO, beside the PIE that is usual.
            linkerSettings: [.unsafeFlags(["-Xlinker", "-z", "-Xlinker", "now"])]
        ),
        // Measurements of the program's parts; not part of the program.
        .executableTarget(
            name: "Bench",
            dependencies: [
                "Ingress", "Installations", "Marketplace", "OperatorAPI", "SQLiteStore", "Sealing", "Store", "Webhooks",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "GRDB", package: "GRDB.swift"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
                .product(name: "UnixSignals", package: "swift-service-lifecycle"),
            ],
            path: "scripts/bench/Bench",
            swiftSettings: settings
        ),
        // An engine that keeps everything in memory: for fast tests, and the second one that the contract suite runs over.
        .target(
            name: "MemoryEngine",
            dependencies: ["Installations", "Marketplace", "Sealing", "Store", "Webhooks"],
            path: "Tests/MemoryEngine",
            swiftSettings: settings
        ),
        // Databases on a server that is started for the tests.
        .target(
            name: "PostgresSupport", dependencies: ["PostgresStore"], path: "Tests/PostgresSupport",
            swiftSettings: settings),
        .target(
            name: "TestSupport",
            dependencies: [
                "Installations", "Marketplace", "SQLiteStore", "Sealing", "Store", "Webhooks",
                .product(name: "Logging", package: "swift-log"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ],
            path: "Tests/TestSupport",
            swiftSettings: settings
        ),
        .testTarget(
            name: "InstallationsTests",
            dependencies: [
                "Installations", "Marketplace", "SQLiteStore", "Sealing", "Store", "TestSupport", "Webhooks",
            ],
            swiftSettings: settings
        ),
        .testTarget(
            name: "StoreTests",
            dependencies: ["Installations", "Marketplace", "Sealing", "Store", "TestSupport", "Webhooks"],
            swiftSettings: settings
        ),
        // What every engine must do, in sentences that run over each from one source.
        .testTarget(
            name: "StoreContractTests",
            dependencies: [
                "Installations", "Marketplace", "MemoryEngine", "PostgresStore", "PostgresSupport", "SQLiteStore",
                "Sealing", "Store",
                "TestSupport", "Webhooks",
                .product(name: "GRDB", package: "GRDB.swift"),
            ],
            swiftSettings: settings
        ),
        .testTarget(
            name: "SQLiteStoreTests",
            dependencies: [
                "Installations", "Marketplace", "SQLiteStore", "Schema", "Sealing", "Store", "TestSupport", "Webhooks",
                .product(name: "GRDB", package: "GRDB.swift"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "ServiceLifecycleTestKit", package: "swift-service-lifecycle"),
            ],
            swiftSettings: settings
        ),
        .testTarget(
            name: "PostgresStoreTests",
            dependencies: [
                "Installations", "Marketplace", "PostgresStore", "PostgresSupport", "Sealing", "Store", "TestSupport",
                "Webhooks",
            ],
            swiftSettings: settings
        ),
        .testTarget(
            name: "WebhooksTests",
            dependencies: [
                "Installations", "Marketplace", "SQLiteStore", "Sealing", "Store", "TestSupport", "Webhooks",
                .product(name: "InMemoryLogging", package: "swift-log"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "MetricsTestKit", package: "swift-metrics"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ],
            swiftSettings: settings
        ),
        .testTarget(
            name: "OperatorAPITests",
            dependencies: [
                "Installations", "Listening", "Marketplace", "OperatorAPI", "SQLiteStore", "Sealing", "Store",
                "TestSupport",
                "Webhooks",
                .product(name: "CoreMetrics", package: "swift-metrics"),
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "HummingbirdTesting", package: "hummingbird"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOEmbedded", package: "swift-nio"),
                .product(name: "NIOHTTPTypes", package: "swift-nio-extras"),
                .product(name: "NIOPosix", package: "swift-nio"),
            ],
            swiftSettings: settings
        ),
        .testTarget(
            name: "SealingTests", dependencies: ["CSodium", "Sealing", "TestSupport"], swiftSettings: settings),
        .testTarget(name: "MarketplaceTests", dependencies: ["COpenSSL", "Marketplace"], swiftSettings: settings),
        .testTarget(
            name: "ListeningTests",
            dependencies: [
                "Listening",
                .product(name: "InMemoryLogging", package: "swift-log"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOEmbedded", package: "swift-nio"),
            ],
            swiftSettings: settings
        ),
        .testTarget(
            name: "IngressTests",
            dependencies: [
                "Ingress", "Installations", "Listening", "Marketplace", "MemoryEngine", "Sealing", "Store",
                "TestSupport",
                "Webhooks",
                .product(name: "CoreMetrics", package: "swift-metrics"),
                .product(name: "InMemoryLogging", package: "swift-log"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "MetricsTestKit", package: "swift-metrics"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOEmbedded", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ],
            swiftSettings: settings
        ),
        .testTarget(
            name: "InnkeeperTests",
            dependencies: [
                "Ingress", "Innkeeper", "Installations", "Listening", "Marketplace", "OperatorAPI", "PostgresStore",
                "SQLiteStore", "Sealing", "Store", "TestSupport", "Webhooks",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "Configuration", package: "swift-configuration"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
            ],
            swiftSettings: settings
        ),
        .testTarget(
            name: "EndToEndTests",
            dependencies: [
                "Innkeeper", "Installations", "Marketplace", "OperatorAPI", "PostgresSupport", "Store", "TestSupport",
            ],
            exclude: ["Transcripts"],
            swiftSettings: settings
        ),
    ]
)

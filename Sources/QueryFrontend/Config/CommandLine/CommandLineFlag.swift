/// One flag: its name, what its value must be, and what it does.
struct CommandLineFlag: Sendable {
    enum Kind: Sendable, Equatable {
        case bool, string, int, duration, logLevel

        /// Whether a value can be read.
        func accepts(_ text: String) -> Bool {
            switch self {
            case .string: true
            case .bool: CommandLineFlag.bool(text) != nil
            case .int: CommandLineFlag.int(text) != nil
            case .duration: GoDuration.parse(text) != nil
            case .logLevel: LogLevel(rawValue: text) != nil
            }
        }

        /// The error for a value that cannot be read.
        func error(_ name: String, _ value: String) -> String {
            let shown = value.prefix(64)
            return switch self {
            case .bool: "invalid boolean value \"\(shown)\" for -\(name): parse error"
            case .logLevel:
                "invalid value \"\(shown)\" for flag -\(name): unrecognized log level \"\(shown)\""
            default: "invalid value \"\(shown)\" for flag -\(name): parse error"
            }
        }

        /// What stands after the name in the usage.
        var placeholder: String {
            switch self {
            case .bool: ""
            case .string, .logLevel: " string"
            case .int: " int"
            case .duration: " duration"
            }
        }
    }

    enum Effect: Sendable {
        /// Changes the options themselves.
        case option(@Sendable (inout CommandLineOptions, String) -> Void)
        /// Another thing to do than to serve.
        case action(CommandLineOptions.Action)
        /// Changes the configuration, after the file; the value was checked by the kind.
        case configuration(@Sendable (inout FrontendConfiguration, String) -> Void)
        /// Accepted so that charts start.
        case none
        /// The same, but worth a warning.
        case warned(String)
    }

    var name: String
    var alias: String?
    var kind: Kind
    var defaultText = ""
    /// Nil: not shown in the usage.
    var help: String?
    var effect: Effect

    static func bool(_ text: String) -> Bool? {
        switch text {
        case "1", "t", "T", "true", "TRUE", "True": true
        case "0", "f", "F", "false", "FALSE", "False": false
        default: nil
        }
    }

    static func int(_ text: String) -> Int? {
        let digits = text.hasPrefix("-") ? text.dropFirst() : text[...]
        guard !digits.isEmpty, digits.utf8.allSatisfy({ $0 >= UInt8(ascii: "0") && $0 <= UInt8(ascii: "9") }) else {
            return nil
        }
        return Int(text)
    }

    /// All flags, in the order of the usage.
    static let all: [CommandLineFlag] = general + settings + ignored

    private static let general: [CommandLineFlag] = [
        .init(
            name: "config.file", kind: .string, help: "Configuration file to load.",
            effect: .option { $0.configFile = $1 }),
        .init(
            name: "config.expand-env", kind: .bool, help: "Expand ${VAR} in the configuration file.",
            effect: .option { $0.expandsEnvironment = CommandLineFlag.bool($1) ?? false }),
        .init(
            name: "config.verify", kind: .bool,
            help: "Check the configuration and the overrides file, then exit with 0, or with 1 on errors and warnings.",
            effect: .option { $0.isVerification = CommandLineFlag.bool($1) ?? false }),
        .init(
            name: "config.example", kind: .bool,
            help: "Print a small configuration file for several clusters and exit.",
            effect: .action(.example)),
        .init(name: "version", kind: .bool, help: "Print the version and exit.", effect: .action(.version)),
        .init(name: "help", alias: "h", kind: .bool, help: "Print this text and exit.", effect: .action(.help)),
        .init(
            name: "demo", kind: .bool,
            help: "Serve a made-up shop in the tenants foo, bar and baz, with questions to ask.",
            effect: .option { $0.isDemo = CommandLineFlag.bool($1) ?? false }),
        .init(
            name: "health", kind: .bool, help: "Ask a running process for its health and exit with 0 or 1.",
            effect: .action(.health)),
        .init(
            name: "health.url", kind: .string, defaultText: "http://localhost:3200/ready",
            help: "What -health asks.", effect: .option { $0.healthURL = $1 }),
    ]

    private static let settings: [CommandLineFlag] = [
        setting(
            "target", .string, "all",
            "Part to run: all, query-frontend or federation-frontend (the same as federated-query-frontend)."
        ) {
            $0.target = $1
        },
        setting(
            "multitenancy.enabled", alias: "auth.enabled", .bool, "",
            "Require the X-Scope-OrgID header and honour it."
        ) { $0.multitenancyEnabled = bool($1) ?? false },
        setting("http-api-prefix", .string, "", "Prefix of the /api routes.") { $0.httpAPIPrefix = $1 },
        setting("shutdown-delay", .duration, "0s", "Time between a stop signal and the end of the listener.") {
            $0.shutdownDelay = GoDuration.parse($1) ?? .zero
        },
        setting("log.level", .logLevel, "info", "Only log lines of this level or above: debug, info, warn, error.") {
            if let level = LogLevel(rawValue: $1) { $0.server.logLevel = level }
        },
        setting("server.http-listen-port", .int, "3200", "Port of the HTTP listener.") {
            $0.server.httpListenPort = int($1) ?? -1
        },
        setting("server.http-listen-address", .string, "", "Address of the HTTP listener; empty: all.") {
            $0.server.httpListenAddress = $1
        },
        setting("query.timeout", .duration, "0s", "Time of a whole query, as query_frontend.api_timeout.") {
            $0.queryFrontend.apiTimeout = GoDuration.parse($1) ?? .zero
        },
        setting(
            "query.max-concurrent", .int, "20",
            "Sub-requests of one query at once, as federation.max_concurrent_requests_per_query."
        ) { $0.federation.maxConcurrentRequestsPerQuery = int($1) ?? -1 },
        setting(
            "query.max-bytes-per-trace", .int, "5000000",
            "Bytes of a combined trace, as overrides.defaults.global.max_bytes_per_trace."
        ) { $0.overrides.defaults.maxBytesPerTrace = int($1) ?? -1 },
        setting(
            "query.allow-partial-responses", .bool, "",
            "Answer without the targets that failed, as federation.allow_partial_responses."
        ) { $0.federation.allowPartialResponses = bool($1) ?? false },
        setting("storage.trace.backend", .string, "local", "Where the embedded store keeps spans: local.") {
            $0.storage.backend = $1
        },
        setting(
            "storage.trace.local.path", .string, StorageConfiguration.defaultPath, "Folder of the embedded store."
        ) { $0.storage.localPath = $1 },
        setting("config.per-user-override-config", .string, "", "File with the limits of single tenants.") {
            $0.overrides.perTenantOverrideConfig = $1
        },
        setting("config.per-user-override-period", .duration, "10s", "How often that file is looked at.") {
            $0.overrides.perTenantOverridePeriod = GoDuration.parse($1) ?? .zero
        },
        setting("config.enable-legacy-overrides", .bool, "", "Accept the flat keys of old overrides files.") {
            $0.overrides.enableLegacyOverrides = bool($1) ?? false
        },
        setting("query-frontend.mcp-server.enabled", .bool, "", "Serve /api/mcp.") {
            $0.queryFrontend.mcpServer.enabled = bool($1) ?? false
        },
        setting(
            "querier.max-bytes-per-tag-values-query", .int, "1000000", "Bytes of tag names or values of one answer."
        ) { $0.overrides.defaults.maxBytesPerTagValuesQuery = int($1) ?? -1 },
        setting("querier.max-blocks-per-tag-values-query", .int, "0", "Blocks read for tag values.") {
            $0.overrides.defaults.maxBlocksPerTagValuesQuery = int($1) ?? -1
        },
        setting(
            "querier.max-condition-groups-per-tag-query", .int, "100", "OR-groups in the filter of tag values."
        ) { $0.overrides.defaults.maxConditionGroupsPerTagQuery = int($1) ?? -1 },
        setting("ingester.max-bytes-per-trace", .int, "5000000", "Bytes of a combined trace.") {
            $0.overrides.defaults.maxBytesPerTrace = int($1) ?? -1
        },
    ]

    private static func setting(
        _ name: String, alias: String? = nil, _ kind: Kind, _ defaultText: String, _ help: String,
        _ apply: @escaping @Sendable (inout FrontendConfiguration, String) -> Void
    ) -> CommandLineFlag {
        CommandLineFlag(
            name: name, alias: alias, kind: kind, defaultText: defaultText, help: help, effect: .configuration(apply))
    }

    private static let ignored: [CommandLineFlag] = [
        .init(name: "enable-go-runtime-metrics", kind: .bool, effect: .none),
        .init(name: "span-profiling", kind: .bool, effect: .none),
        .init(name: "mutex-profile-fraction", kind: .int, effect: .none),
        .init(name: "block-profile-threshold", kind: .int, effect: .none),
        .init(name: "server.grpc-listen-port", kind: .int, effect: .none),
        .init(name: "storage.trace.wal.path", kind: .string, effect: .none),
        .init(name: "querier.frontend-address", kind: .string, effect: .none),
        .init(name: "reporting.enabled", kind: .bool, effect: .none),
        .init(
            name: "mem-ballast-size-mbs", kind: .int,
            effect: .warned("this program needs no memory ballast, and Tempo 3.0 refuses the flag")),
    ]
}

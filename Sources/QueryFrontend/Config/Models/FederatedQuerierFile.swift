/// The flat file of the community's tempo-federated-querier: its keys, its defaults, its checks.
///
/// It knows no tenants: an instance is asked with its `org_id`, or with the X-Scope-OrgID of the caller where there is one.
struct FederatedQuerierFile: Sendable {
    var listenAddress = "0.0.0.0"
    var listenPort = 3200
    var instances: [FederatedInstance] = []
    var queryTimeout: Duration = .seconds(30)
    var maxConcurrentQueries = Self.defaultConcurrency
    var maxBytesPerTrace = 52_428_800
    var allowPartialResponses = true
    var clockSkewCorrection = ClockSkewConfiguration()

    private static let defaultConcurrency = 20
    /// The key by which the file was recognised.
    private let evidence: String
    /// Settings of ours that the file holds besides; the flat file's defaults leave them alone.
    private let ownSettings: Set<String>

    init() {
        evidence = "instances"
        ownSettings = []
    }

    /// The defaults, for a file of which the root is known.
    init(_ root: YAMLNode, foundBy evidence: String) {
        self.evidence = evidence
        ownSettings = Set(
            (Array(Self.counterparts.values) + ["multitenancy_enabled", "auth_enabled", Self.writeTimeout]).filter {
                Self.value($0, in: root) != nil
            })
    }

    private static let writeTimeout = "server.http_server_write_timeout"

    /// The same settings in the words of Tempo's file.
    private static let counterparts = [
        "http_listen_address": "server.http_listen_address", "http_listen_port": "server.http_listen_port",
        "query_timeout": "query_frontend.api_timeout",
        "max_concurrent_queries": "federation.max_concurrent_requests_per_query",
        "max_bytes_per_trace": "overrides.defaults.global.max_bytes_per_trace",
        "allow_partial_responses": "federation.allow_partial_responses",
        "clock_skew_correction": "federation.clock_skew_correction",
    ]

    static var fields: [ConfigurationField<FederatedQuerierFile>] {
        [
            .string("http_listen_address", \.listenAddress), .int("http_listen_port", \.listenPort),
            ConfigurationField(
                key: "instances",
                decode: { _, node, file, decoder in
                    file.instances = FederatedInstance.list(node, typeName: "config.TempoInstance", &decoder)
                }, render: { _ in nil }),
            .duration("query_timeout", \.queryTimeout), .int("max_concurrent_queries", \.maxConcurrentQueries),
            .int("max_bytes_per_trace", \.maxBytesPerTrace),
            .bool("allow_partial_responses", \.allowPartialResponses),
            .block(
                "clock_skew_correction", \.clockSkewCorrection, ClockSkewConfiguration.typeName,
                ClockSkewConfiguration.fields),
        ]
    }

    /// The keys at the root of a file.
    static var rootFields: [ConfigurationField<FrontendConfiguration>] {
        fields.map { field in
            ConfigurationField(
                key: field.key,
                decode: { mark, node, _, decoder in
                    var file = decoder.federatedQuerier ?? FederatedQuerierFile()
                    if let own = counterparts[field.key], file.ownSettings.contains(own) {
                        decoder.problem("\(field.key) is set twice: here and as \(own)", at: mark)
                    }
                    field.decode(mark, node, &file, &decoder)
                    decoder.federatedQuerier = file
                }, render: { _ in nil })
        }
    }

    /// Makes the targets, and settings of ours from those of the file.
    func apply(to configuration: inout FrontendConfiguration, _ decoder: inout ConfigurationDecoder) {
        configuration.federation.targetModel = .federatedQuerier
        func sets(_ key: String) -> Bool { !ownSettings.contains(Self.counterparts[key] ?? key) }
        if sets("http_listen_address") { configuration.server.httpListenAddress = listenAddress }
        if sets("http_listen_port") { configuration.server.httpListenPort = listenPort }
        if sets("query_timeout") { configuration.queryFrontend.apiTimeout = queryTimeout }
        if sets("max_concurrent_queries") {
            configuration.federation.maxConcurrentRequestsPerQuery = maxConcurrentQueries
            if maxConcurrentQueries < 1 {
                configuration.federation.maxConcurrentRequestsPerQuery = Self.defaultConcurrency
                decoder.warnings.append(
                    ConfigurationWarning(
                        "max_concurrent_queries is \(maxConcurrentQueries)",
                        "it must be at least 1; \(Self.defaultConcurrency) is used"))
            }
        }
        if sets("max_bytes_per_trace") { configuration.overrides.defaults.maxBytesPerTrace = maxBytesPerTrace }
        if sets("allow_partial_responses") { configuration.federation.allowPartialResponses = allowPartialResponses }
        if sets("clock_skew_correction") { configuration.federation.clockSkewCorrection = clockSkewCorrection }
        if sets("multitenancy_enabled"), sets("auth_enabled") {
            configuration.multitenancyEnabled = true
            configuration.federation.tenantOptional = true
        }
        if queryTimeout <= .zero {
            decoder.problem(
                "query_timeout: must be greater than 0, is \(GoDuration.format(queryTimeout))",
                at: YAMLMark(line: 1, column: 1))
        }
        guard !instances.isEmpty else {
            guard decoder.problems.isEmpty else { return }
            return decoder.problem(
                "at least one tempo instance must be configured", at: YAMLMark(line: 1, column: 1),
                hint: "list them under instances; by its key \(evidence) the file is one of tempo-federated-querier")
        }
        configuration.federation.proxyTargets = FederatedInstance.targets(instances, timeout: .zero, &decoder)
    }

    /// What depends on the time of a query, which a flag may change: instances without a time of their own, and how long an
    /// answer may take.
    func finish(_ configuration: inout FrontendConfiguration, _ warnings: inout [ConfigurationWarning]) {
        let timeout = configuration.queryFrontend.apiTimeout
        // Without a bound of the query, by the key of ours, instances keep the default.
        let longest = timeout > .zero ? timeout : queryTimeout
        for index in configuration.federation.proxyTargets.indices {
            let target = configuration.federation.proxyTargets[index]
            if target.timeout == .zero {
                configuration.federation.proxyTargets[index].timeout = longest
            } else if target.timeout > longest {
                warnings.append(
                    ConfigurationWarning(
                        "instance \(target.name.prefix(128)): timeout \(GoDuration.format(target.timeout)) is larger than "
                            + "query_timeout \(GoDuration.format(longest))",
                        "the query ends before the instance's time is over"))
            }
            configuration.federation.proxyTargets[index].maxBodyBytes = max(
                target.maxBodyBytes, configuration.overrides.defaults.maxBytesPerTrace)
        }
        if !ownSettings.contains(Self.writeTimeout) {
            configuration.server.httpServerWriteTimeout = max(
                configuration.server.httpServerWriteTimeout, longest + .seconds(10))
        }
    }

    private static func value(_ path: String, in root: YAMLNode) -> YAMLNode? {
        var node = root
        for key in path.split(separator: ".") {
            guard case .mapping(let mapping) = node.content,
                let found = mapping.entries.first(where: { $0.key.text == key })
            else { return nil }
            node = found.value
        }
        return node
    }
}

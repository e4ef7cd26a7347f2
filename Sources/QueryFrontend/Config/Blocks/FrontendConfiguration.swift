/// Everything that the frontend reads from its configuration file and command line, with the defaults of Tempo.
///
/// Durations read from a file fit 64-bit nanoseconds. ``ConfigurationLoader`` fills it from a file;
/// a program that embeds the frontend may fill it by hand.
public struct FrontendConfiguration: Sendable, Equatable {
    /// `target`: which part runs. All accepted values run the query frontend.
    public var target = "all"
    /// `multitenancy_enabled`: without it the tenant header is ignored and the tenant is `single-tenant`.
    public var multitenancyEnabled = false
    /// `http_api_prefix`: put before `/api` routes only. Empty, or starts with `/` and does not end with one.
    public var httpAPIPrefix = ""
    /// `stream_over_http_enabled`: gRPC on the HTTP port. Without effect, and warned of: there is no gRPC.
    public var streamOverHTTPEnabled = false
    /// `shutdown_delay`: how long `/ready` says 503 before the listener closes.
    public var shutdownDelay: Duration = .zero
    /// `server`.
    public var server = ServerConfiguration()
    /// `query_frontend`.
    public var queryFrontend = QueryFrontendConfiguration()
    /// `distributor`: how spans come into the embedded store.
    public var distributor = DistributorConfiguration()
    /// `storage`: where the embedded store lies.
    public var storage = StorageConfiguration()
    /// `overrides`.
    public var overrides = OverridesConfiguration()
    /// `federation`.
    public var federation = FederationConfiguration()

    /// The defaults, which use the embedded store.
    public init() {}

    /// Whether the embedded store answers: with target `all`, as long as no Tempo cluster is named.
    public var usesStore: Bool { target == "all" && federation.proxyTargets.isEmpty }

    /// Names of targets whose own credentials serve everybody who reaches the port; nil when there are none, or when the listener
    /// wants certificates of its clients.
    public var targetsOpenToAll: [String]? {
        guard !server.httpTLS.clientAuthType.hasPrefix("Require") else { return nil }
        let names = federation.proxyTargets.filter(\.hasCredentials).map(\.name)
        return names.isEmpty ? nil : names
    }
}

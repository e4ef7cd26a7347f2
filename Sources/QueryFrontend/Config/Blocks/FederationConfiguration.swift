/// The `federation` block: the Tempo-compatible targets whose answers become one, and the bounds of doing so.
///
/// The block and `proxy_targets` are spelled as in Grafana Enterprise Traces; the other keys are ours.
public struct FederationConfiguration: Sendable, Equatable {
    /// `proxy_targets`, in the order of the file, which breaks every tie.
    public var proxyTargets: [ProxyTarget] = []
    /// In whose words the file lists the targets; messages name their keys.
    var targetModel = TargetModel.proxyTargets
    /// `tenant_optional`: with `multitenancy_enabled`, a request without X-Scope-OrgID is asked without a tenant instead of being
    /// refused with 401.
    public var tenantOptional = false
    /// `version_probe_interval`: how often a target that is used is asked for its version; 0: never.
    public var versionProbeInterval: Duration = .seconds(600)
    /// `max_tenants`: distinct tenants that one request may name; above it 400.
    public var maxTenants = 100
    /// `max_concurrent_requests_per_query`: sub-requests of one query in flight at once.
    public var maxConcurrentRequestsPerQuery = 20
    /// `max_concurrent_queries`: queries that run at once in this process; above it 429; 0 means no limit.
    public var maxConcurrentQueries = 256
    /// `query_max_response_bytes`: bytes of upstream answers that one query may hold at once; 0 means no limit.
    public var queryMaxResponseBytes = 268_435_456
    /// `allow_partial_responses`: answer without the tenants or targets that failed, and say so, instead of failing.
    public var allowPartialResponses = false
    /// `newest_first`: search answers are the newest traces rather than the first found.
    public var newestFirst = false
    /// `part_window_margin`: how far outside of a search's window the other parts of a found trace are looked for.
    public var partWindowMargin: Duration = .seconds(300)
    /// `cross_tenant_evaluation`: searches and metrics that relate spans of several tenants.
    public var crossTenantEvaluation = CrossTenantEvaluation()
    /// `result_cache`: kept answers.
    public var resultCache = ResultCacheConfiguration()
    /// `clock_skew_correction`: comparing the clocks of targets by the traces that they hold together.
    public var clockSkewCorrection = ClockSkewConfiguration()
    /// `require_exact`: refuse a metrics query whose answer over several tenants or targets would not be exact, rather than
    /// answer and say so.
    public var requireExact = false
    /// `tenant_attribute`: the resource attribute by which queries tell tenants apart; empty: none.
    public var tenantAttribute = "__tenant_id__"
    /// `target_attribute`: the resource attribute by which queries tell targets apart; empty: none.
    public var targetAttribute = "__cluster__"
    /// `list_tenant_attribute`: name both among the tags.
    public var listTenantAttribute = false
    /// `max_connections_per_target`: open connections to one target's host.
    public var maxConnectionsPerTarget = 128
    /// `max_idle_connections_per_target`: kept connections to one target's host.
    public var maxIdleConnectionsPerTarget = 32
    /// `idle_connection_timeout`: how long a kept connection may lie unused.
    public var idleConnectionTimeout: Duration = .seconds(90)
    /// `connect_timeout`: name resolution and connect of one attempt.
    public var connectTimeout: Duration = .seconds(5)

    /// The defaults, without a target.
    public init() {}

    /// `cross_tenant_evaluation`: a search or metrics query whose meaning relates spans of several tenants is evaluated here, on
    /// whole traces that are fetched from all of them.
    public struct CrossTenantEvaluation: Sendable, Equatable {
        /// `enabled`: if not, such a query is evaluated inside each tenant, and its answer says so.
        public var enabled = true
        /// `max_candidate_traces`: traces of one query that may be looked at; with more, metrics are refused.
        public var maxCandidateTraces = 2000
        /// `max_bytes`: bytes of traces that one query may fetch, and that all queries together may hold at once.
        public var maxBytes = 536_870_912
        /// `max_concurrent_fetches`: trace lookups of one query in flight at once.
        public var maxConcurrentFetches = 16

        /// The defaults.
        public init() {}
    }

    /// One Tempo-compatible server behind the frontend.
    public struct ProxyTarget: Sendable, Equatable {
        /// `name`: how logs, metrics and `/status/upstreams` call it; unique. Empty until loaded: then it becomes
        /// ``TargetURL/display``.
        public var name = ""
        /// `url`: where it is, with the prefix that stands before `/api`.
        public var url: TargetURL
        /// `tenant`: the tenant, or the tenants joined by `|`, that are always asked there; empty passes those of the request.
        public var tenant = ""
        /// `basic_auth`: replaces the client's Authorization.
        public var basicAuth: BasicAuth?
        /// `bearer_token`: replaces the client's Authorization.
        public var bearerToken: Secret = ""
        /// `bearer_token_file`: a file that holds it, read again when it changes.
        public var bearerTokenFile = ""
        /// `headers`: sent with every request to this target, in the order of the file.
        public var headers: [Header] = []
        /// `timeout`: one sub-request with all its attempts.
        public var timeout: Duration = .seconds(30)
        /// `max_body_bytes`: bytes of one answer; above it the sub-request fails.
        public var maxBodyBytes = 67_108_864
        /// `replica_of`: the name of another target that holds the same spans; empty when the spans are its own.
        public var replicaOf = ""
        /// `required`: its loss fails a query even where partial answers are allowed.
        public var required = false
        /// `from`: the target holds nothing older; nil: whatever there is.
        public var from: TimeBound?
        /// `until`: the target holds nothing of this time or newer; nil: whatever there is.
        public var until: TimeBound?
        /// `forward_authorization`: pass the client's Authorization when the target has none of its own.
        public var forwardAuthorization = true
        /// `retries`, `retry_budget`, `hedge_after`, `max_concurrent`, `breaker`: what is done when it fails or is slow.
        public var resilience = TargetResilience()

        /// `tls_...`, `tls`: for a url of `https`.
        public var tls = TargetTLSConfiguration()

        /// A target with the defaults.
        public init(name: String = "", url: TargetURL) {
            self.name = name
            self.url = url
        }
    }

    /// `basic_auth` of a target.
    public struct BasicAuth: Sendable, Equatable {
        /// `username`: must not hold a colon.
        public var username: String
        /// `password`.
        public var password: Secret
        /// `password_file`: a file that holds it, read again when it changes.
        public var passwordFile = ""

        /// Both parts.
        public init(username: String = "", password: Secret = "") {
            self.username = username
            self.password = password
        }
    }

    /// One line of a target's `headers`.
    public struct Header: Sendable, Equatable {
        /// The field name as written.
        public var name: String
        /// The value, which may be a credential and so never prints.
        public var value: Secret

        /// Both parts.
        public init(name: String, value: Secret) {
            self.name = name
            self.value = value
        }
    }
}

public import HTTPTransport
import Synchronization
import TenantFederation
import TraceQL

/// The query frontend as a value: it takes a request and gives a response, so that any server can carry it.
///
/// It opens no socket of its own besides those of `group`'s HTTP client. All state is bounded by the configuration.
public final class FrontendService: Sendable {
    /// Where the process stands, as `/ready` tells it.
    public enum Phase: Sendable {
        /// Not serving yet: `/ready` says 503.
        case starting
        /// Serving.
        case running
        /// A stop signal came: `/ready` says 503, running queries go on.
        case stopping
    }

    let configuration: FrontendConfiguration
    let overrides: OverridesStore
    let logger: Logger
    let metrics: FrontendMetrics
    let clock: any WallClock
    let exchanges: [TargetExchange]
    /// The same as upstreams, in their order.
    let proxyUpstreams: [HTTPUpstream]
    /// Indexes of targets whose versions are wanted; the oldest are kept.
    let probeRequests: AsyncStream<Int>
    /// The embedded store, where it answers instead of targets.
    let storeUpstream: StoreUpstream?
    let targets: [Target]
    let resolver: TenantResolver
    let admission: QueryAdmission
    let forwardedNames: [String]
    let tenantsPerQuery: Histogram
    let routes: RouteTable
    let parseLimits: ParseLimits
    let textChecks: QueryTextChecks
    let denyList: URLDenyList
    /// The reserved attributes that tell tenants and targets apart.
    let sourceAttributes: SourceAttributes
    /// Bytes of traces that all searches evaluated across tenants may hold at once.
    let evaluationBudget: ByteBudget
    private let currentPhase = Mutex(Phase.starting)

    /// - Parameters:
    ///   - configuration: validated.
    ///   - overrides: the limits of tenants.
    ///   - store: answers when no target is configured; nil: one that is never opened, for a frontend that only explains.
    ///   - group: the event loops that carry the requests to targets.
    ///   - clock: the wall clock by which default time windows are made.
    ///   - tls: made of the same configuration; without it, targets of `https` cannot be asked.
    public convenience init(
        configuration: FrontendConfiguration, overrides: OverridesStore, store: EmbeddedStore? = nil,
        group: EventLoopGroup, logger: Logger, metrics: FrontendMetrics, clock: any WallClock = SystemWallClock(),
        tls: TLSContexts? = nil
    ) {
        let federation = configuration.federation
        var clientConfiguration = HTTPClient.Configuration()
        // The client counts by loop and a query stays on its loop, so a loop's share must hold a whole query.
        let share = { (total: Int) in
            max(federation.maxConcurrentRequestsPerQuery, total / group.loopCount, 1)
        }
        clientConfiguration.maxConnectionsPerHost = share(federation.maxConnectionsPerTarget)
        clientConfiguration.maxIdleConnectionsPerHost =
            federation.maxIdleConnectionsPerTarget > 0 ? share(federation.maxIdleConnectionsPerTarget) : 0
        // A request waits for a connection until its own deadline; there is no shorter bound.
        clientConfiguration.poolWaitTimeout = federation.proxyTargets.map(\.timeout).max() ?? .seconds(30)
        clientConfiguration.idleTimeout = federation.idleConnectionTimeout
        let client = HTTPClient(configuration: clientConfiguration, group: group)
        self.init(
            configuration: configuration, overrides: overrides, store: store, transport: client, logger: logger,
            metrics: metrics, clock: clock, tls: tls)
    }

    init(
        configuration: FrontendConfiguration, overrides: OverridesStore, store: EmbeddedStore? = nil,
        transport: any UpstreamTransport, logger: Logger, metrics: FrontendMetrics, clock: any WallClock,
        targetEnvironment: TargetEnvironment? = nil, tls: TLSContexts? = nil
    ) {
        self.configuration = configuration
        self.overrides = overrides
        self.logger = logger
        self.metrics = metrics
        self.clock = clock
        let federation = configuration.federation
        exchanges = federation.proxyTargets.map { target in
            TargetExchange(
                target: target, transport: transport, maxRetries: configuration.queryFrontend.maxRetries,
                connectTimeout: federation.connectTimeout,
                environment: targetEnvironment ?? TargetEnvironment(wallClock: clock),
                metrics: metrics,
                credentials: TargetCredentials(target) { logger.warn($0) }, tls: tls?.target(target))
        }
        let (probeRequests, probes) = AsyncStream.makeStream(
            of: Int.self, bufferingPolicy: .bufferingOldest(max(1, exchanges.count)))
        self.probeRequests = probeRequests
        let isAlone = exchanges.count == 1
        proxyUpstreams = exchanges.enumerated().map { index, exchange in
            HTTPUpstream(
                exchange: exchange, isAlone: isAlone,
                learned: TargetCapabilities(clock: clock, versionInterval: federation.versionProbeInterval) {
                    probes.yield(index)
                })
        }
        let parseLimits = ParseLimits(configuration)
        self.parseLimits = parseLimits
        storeUpstream =
            configuration.usesStore
            ? StoreUpstream(
                store
                    ?? EmbeddedStore(configuration: configuration, overrides: overrides, logger: logger, clock: clock),
                overrides: overrides, parseLimits: parseLimits, clock: clock, metrics: metrics) : nil
        let groups = ReplicaGroups(federation.proxyTargets)
        let attributes = SourceAttributes(federation)
        sourceAttributes = attributes
        let attributed = { (upstream: any Upstream) -> any Upstream in
            guard !attributes.names.isEmpty else { return upstream }
            return AttributedUpstream(
                upstream, attributes, limits: parseLimits, defaultTenant: TenantID.singleTenant.name)
        }
        let cache = ResultCache(federation.resultCache, limits: parseLimits, metrics: metrics, clock: clock)
        var targets = proxyUpstreams.enumerated().map { index, upstream in
            let exchange = upstream.exchange
            let sendsAuthorization = exchange.target.forwardAuthorization && !exchange.hasOwnAuthorization
            let bounded = { (upstream: any Upstream) -> any Upstream in
                let (from, until) = (exchange.target.from, exchange.target.until)
                guard from != nil || until != nil else { return upstream }
                return BoundedUpstream(
                    upstream, from: from, until: until, margin: federation.partWindowMargin, clock: clock)
            }
            let caching = cache?.caching(
                upstream, sendsAuthorization: sendsAuthorization,
                ownAuthorization: { exchange.credentials.changingAuthorization })
            return Target(
                upstream: attributed(bounded(caching ?? upstream)),
                fixedTenants: exchange.target.fixedTenants,
                replicaGroup: groups[index])
        }
        if let storeUpstream { targets.append(Target(upstream: attributed(storeUpstream))) }
        self.targets = targets
        resolver = TenantResolver(
            multitenancyEnabled: configuration.multitenancyEnabled,
            multiTenantQueriesEnabled: configuration.queryFrontend.multiTenantQueriesEnabled,
            maxTenants: federation.maxTenants, isOptional: federation.tenantOptional)
        forwardedNames = Self.forwardedNames(configuration.queryFrontend)
        tenantsPerQuery = metrics.tenantsPerQuery.with()
        routes = RouteTable(configuration)
        textChecks = QueryTextChecks(
            limits: parseLimits, maxConditionGroups: configuration.overrides.defaults.maxConditionGroupsPerTagQuery)
        denyList = URLDenyList(configuration.queryFrontend.urlDenyList)
        evaluationBudget = ByteBudget(limit: federation.crossTenantEvaluation.maxBytes)
        admission = QueryAdmission(maximum: federation.maxConcurrentQueries)
    }

    /// Where the process stands; set by whoever runs the server.
    public var phase: Phase {
        get { currentPhase.withLock { $0 } }
        set { currentPhase.withLock { $0 = newValue } }
    }

    /// Answers one request. Never throws: every failure is a response, with Tempo's status and text where it has one.
    ///
    /// Cancelling the calling task cancels the sub-requests; the response is then of no interest (status 499).
    public func respond(to request: HTTPServerRequest) async -> HTTPResponse {
        let started = ContinuousClock.now
        let routed = routeRequest(request)
        let method = MetricMethod.label(request.method)
        let inflight = metrics.inflightRequests.with(method, routed.label)
        inflight.increment()
        defer { inflight.decrement() }
        let response =
            switch routed {
            case .settled(let response): response
            case .matched(let target, let query, let route, _):
                await respond(to: request, target, query, route, started)
            }
        metrics.requestDuration.with(method, routed.label, "\(response.status)", "false")
            .observe(ContinuousClock.now - started)
        return response
    }

    private enum Routed {
        /// Answered without an endpoint: a redirect, an unknown path, a wrong method.
        case settled(HTTPResponse)
        case matched(RequestTarget, QueryItems, Route, label: String)

        var label: String {
            switch self {
            case .settled: "other"
            case .matched(_, _, _, let label): label
            }
        }
    }

    private func routeRequest(_ request: HTTPServerRequest) -> Routed {
        do throws(APIError) {
            switch try RequestTarget.parse(request.target) {
            case .redirect(let location):
                var response = HTTPResponse(status: 301)
                response.fields.append("Location", location)
                return .settled(response)
            case .target(let target):
                let route = try routes.route(for: target.path)
                try route.checkMethod(request.method)
                let query = try QueryItems(parsing: target.rawQuery ?? "")
                return .matched(target, query, route, label: routes.metricLabel(for: route))
            }
        } catch {
            return .settled(HTTPResponse(error, isQuery: false))
        }
    }

    private func respond(
        to request: HTTPServerRequest, _ target: RequestTarget, _ query: QueryItems, _ route: Route,
        _ started: ContinuousClock.Instant
    ) async -> HTTPResponse {
        guard route.needsTenant else { return status(route, target, query: query, of: request) }
        let apiTimeout = configuration.queryFrontend.apiTimeout
        let longest = longestQueryTime
        var scope = QueryScope(
            request: request, target: target, route: route, query: query,
            format: ContentNegotiation(accept: request.fields["Accept"]), operation: Operation(route),
            started: started, nowUnixNanoseconds: clock.unixNanoseconds,
            deadline: started + (apiTimeout > .zero ? min(apiTimeout, longest) : longest),
            budget: ByteBudget(limit: configuration.federation.queryMaxResponseBytes),
            partialPolicy: PartialPolicy(isAllowed: configuration.federation.allowPartialResponses))
        var response: HTTPResponse
        do {
            try resolver.requirePresence(headerValues: request.fields.bytes("X-Scope-OrgID"))
            try route.checkHandlerMethod(request.method)
            scope.partialPolicy = try PartialPolicy(
                request.fields, isAllowedByDefault: configuration.federation.allowPartialResponses)
            guard let place = admission.enter() else {
                throw APIError(
                    status: 429, message: "too many queries are running (federation.max_concurrent_queries)")
            }
            response = try await answer(&scope)
            try settleAnswer(&scope)
            response.body = response.body.keeping(place)
            // What was passed through from a target that federates itself says so itself.
            for (name, value) in scope.federationFields + scope.instanceFields where response.fields[name] == nil {
                response.fields.append(name, value)
            }
            if let use = scope.cacheUse { response.fields.append("X-Tempo-Federation-Cache", use) }
        } catch let failure as QueryFailure {
            response = HTTPResponse(failure.error, isQuery: true)
            for (name, value) in failure.fields + scope.instanceFields { response.fields.append(name, value) }
        } catch let error as APIError {
            response = HTTPResponse(error, isQuery: error.shape != .line)
        } catch let error as TenantError {
            response = HTTPResponse(APIError(error), isQuery: error.shape == .plain)
        } catch is CancellationError {
            response = HTTPResponse(APIError(status: 499, message: "context canceled"), isQuery: true)
        } catch {
            logger.error("unexpected error of a query", ["path": .string(target.rawPath), "err": "\(error)"])
            response = HTTPResponse(APIError(status: 500, message: "\(error)", shape: .line), isQuery: false)
        }
        await addTiming(of: scope, to: &response)
        record(scope, response)
        return response
    }

    /// The server cuts an answer off at its write timeout, so a query has to end a second before.
    private var longestQueryTime: Duration {
        let write = configuration.server.httpServerWriteTimeout
        guard write > .zero else { return .seconds(3600) }
        return write > .seconds(2) ? write - .seconds(1) : write / 2
    }

    func answer(_ scope: inout QueryScope) async throws -> HTTPResponse {
        switch scope.route {
        case .traceByID(let id): try await trace(&scope, id: id, version: .v1)
        case .traceByIDV2(let id): try await trace(&scope, id: id, version: .v2)
        case .search: try await search(&scope)
        case .searchTags: try await tagNames(&scope)
        case .searchTagsV2: try await scopedTagNames(&scope)
        case .searchTagValues(let tag): try await tagValues(&scope, tag: tag)
        case .searchTagValuesV2(let tag): try await typedTagValues(&scope, tag: tag)
        case .metricsSummary: try await metricsSummary(&scope)
        case .overrides: try await userOverrides(&scope)
        case .explain: try await explain(&scope)
        case .metricsQueryRange: try await metricsQuery(&scope, isInstant: false)
        case .metricsQuery: try await metricsQuery(&scope, isInstant: true)
        case .traceDiff, .mcp: try await passThrough(&scope)
        case .echo, .buildInfo, .ready, .metrics, .status, .statusSection, .statusOverrides, .statusTenantOverrides,
            .statusUpstreams, .usageStats:
            throw APIError.pageNotFound
        }
    }
}

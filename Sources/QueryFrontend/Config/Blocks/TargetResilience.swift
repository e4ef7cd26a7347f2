/// How a target is treated when it fails or is slow: keys of an entry of `federation.proxy_targets`.
public struct TargetResilience: Sendable, Equatable {
    /// `retries`: requests of one sub-request in all, the first counted, as `query_frontend.max_retries`, which holds where this
    /// is not set.
    public var retries: Int?
    /// `retry_budget`: repetitions may be this share of a target's requests, and ten a minute.
    public var retryBudget = 0.1
    /// `hedge_after`: when a second request is sent beside one that takes long.
    public var hedgeAfter = HedgeAfter.learned
    /// `max_concurrent`: requests to the target in flight at once; 0: as many as there are connections.
    public var maxConcurrent = 0
    /// `breaker`: when the target is left alone.
    public var breaker = Breaker()

    /// The defaults.
    public init() {}

    /// `hedge_after`.
    public enum HedgeAfter: Sendable, Equatable {
        /// `auto`: after what 95 of 100 answers of that kind took.
        case learned
        /// A duration; 0: never.
        case after(Duration)
    }

    /// `breaker`.
    public struct Breaker: Sendable, Equatable {
        /// `failures`: failed requests in a row after which the target is left alone; 0: never.
        public var failures = 5
        /// `open_for`: how long at first.
        public var openFor: Duration = .seconds(1)
        /// `max_open_for`: how long at most, when it goes on failing.
        public var maxOpenFor: Duration = .seconds(10)

        /// The defaults.
        public init() {}
    }
}

extension FederationConfiguration.ProxyTarget {
    /// The keys of ``TargetResilience``.
    static var resilienceFields: [ConfigurationField<FederationConfiguration.ProxyTarget>] {
        [
            .retries, .float("retry_budget", \.resilience.retryBudget), .hedgeAfter,
            .int("max_concurrent", \.resilience.maxConcurrent),
            .block(
                "breaker", \.resilience.breaker, "federation.Breaker",
                [
                    .int("failures", \.failures), .duration("open_for", \.openFor),
                    .duration("max_open_for", \.maxOpenFor),
                ]),
        ]
    }

    /// - Parameter block: the path of the target, ending in a dot.
    func checkResilience(_ checks: inout FrontendConfiguration.Checks, block: String) {
        if let retries = resilience.retries { checks.range(block + "retries", retries, 0...10) }
        if !(0...1).contains(resilience.retryBudget) {
            checks.problems.append(block + "retry_budget: must be between 0 and 1, is \(resilience.retryBudget)")
        }
        if case .after(let duration) = resilience.hedgeAfter { checks.notNegative(block + "hedge_after", duration) }
        checks.notNegative(block + "max_concurrent", resilience.maxConcurrent)
        let breaker = resilience.breaker
        checks.notNegative(block + "breaker.failures", breaker.failures)
        checks.positive(block + "breaker.open_for", breaker.openFor)
        checks.positive(block + "breaker.max_open_for", breaker.maxOpenFor)
        if breaker.openFor > breaker.maxOpenFor, breaker.maxOpenFor > .zero {
            checks.problems.append(
                block + "breaker.open_for: must not be longer than \(block)breaker.max_open_for, is "
                    + "\(GoDuration.format(breaker.openFor)), which is longer than "
                    + GoDuration.format(breaker.maxOpenFor))
        }
        for (key, value) in [("open_for", breaker.openFor), ("max_open_for", breaker.maxOpenFor)]
        where value > .seconds(3600) {
            checks.problems.append(
                block + "breaker.\(key): must not be longer than 1h, is \(GoDuration.format(value))")
        }
    }
}

extension ConfigurationField where Block == FederationConfiguration.ProxyTarget {
    fileprivate static var retries: ConfigurationField {
        ConfigurationField(
            key: "retries",
            decode: { _, node, target, decoder in
                if let value = decoder.int(node) { target.resilience.retries = value }
            }, render: { target in target.resilience.retries.map { .bare("\($0)") } })
    }

    fileprivate static var hedgeAfter: ConfigurationField {
        ConfigurationField(
            key: "hedge_after",
            decode: { _, node, target, decoder in
                if case .scalar("auto", _, _) = node.content {
                    target.resilience.hedgeAfter = .learned
                } else if let value = decoder.duration(node) {
                    target.resilience.hedgeAfter = .after(value)
                }
            },
            render: { target in
                switch target.resilience.hedgeAfter {
                case .learned: .bare("auto")
                case .after(let duration): .bare(GoDuration.format(duration))
                }
            })
    }
}

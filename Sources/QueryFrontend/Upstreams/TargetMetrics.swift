/// The series of one target, looked up once: they are counted for every sub-request.
struct TargetMetrics: Sendable {
    private let name: String
    private let metrics: FrontendMetrics
    private let inflight: Gauge
    private let retries: Histogram
    private let repeated: Counter
    private let hedgesWon: Counter
    private let hedgesLost: Counter
    private let durations: [Operation: Histogram]
    private let answers: [Operation: Counter]

    init(name: String, metrics: FrontendMetrics) {
        self.name = name
        self.metrics = metrics
        inflight = metrics.upstreamInflight.with(name)
        retries = metrics.retries.with()
        repeated = metrics.upstreamRetries.with(name)
        hedgesWon = metrics.upstreamHedges.with(name, "true")
        hedgesLost = metrics.upstreamHedges.with(name, "false")
        durations = Dictionary(
            uniqueKeysWithValues: Operation.allCases.map { ($0, metrics.upstreamDuration.with(name, $0.rawValue)) })
        answers = Dictionary(
            uniqueKeysWithValues: Operation.allCases.map {
                ($0, metrics.upstreamRequests.with(name, $0.rawValue, "200"))
            })
    }

    func began() { inflight.increment() }

    /// A second request was sent beside a slow one.
    /// - Parameter won: its answer was the one that counted.
    func hedged(won: Bool) { (won ? hedgesWon : hedgesLost).increment() }

    /// - Parameter status: the HTTP status of the last attempt, `error`, `circuit_open` or `canceled`.
    func ended(_ operation: Operation, status: String, elapsed: Duration, retries: Int) {
        inflight.decrement()
        if status == "200", let counter = answers[operation] {
            counter.increment()
        } else {
            metrics.upstreamRequests.with(name, operation.rawValue, status).increment()
        }
        if status != "circuit_open" { durations[operation]?.observe(elapsed) }
        self.retries.observe(Double(retries))
        repeated.increment(by: retries)
    }
}

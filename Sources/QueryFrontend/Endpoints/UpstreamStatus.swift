import TenantFederation

/// What the status pages tell of one target, or of the embedded store.
struct UpstreamStatus: Sendable, Encodable {
    /// Percentiles of latencies, in milliseconds.
    struct Latency: Sendable, Encodable {
        var count: Int
        var p50: Double
        var p95: Double
        var p99: Double

        /// nil of none.
        /// - Parameter sorted: ascending.
        init?(_ sorted: [Duration]) {
            guard let p50 = LatencyWindow.percentile(50, of: sorted),
                let p95 = LatencyWindow.percentile(95, of: sorted),
                let p99 = LatencyWindow.percentile(99, of: sorted)
            else { return nil }
            count = sorted.count
            self.p50 = Self.milliseconds(p50)
            self.p95 = Self.milliseconds(p95)
            self.p99 = Self.milliseconds(p99)
        }

        /// To the microsecond.
        private static func milliseconds(_ duration: Duration) -> Double {
            (duration / .microseconds(1)).rounded() / 1000
        }
    }

    struct Failure: Sendable, Encodable {
        var text: String
        /// RFC 3339.
        var at: String
    }

    var name: String
    /// Without credentials; of the store its folder.
    var url: String
    /// The tenant it is always asked as; empty: that of the query.
    var tenant = ""
    /// `reachable`, `unreachable`, or `unknown` before it was asked.
    var state = "unknown"
    /// `closed`, `half-open` or `open`.
    var circuit = CircuitBreaker.State.closed.rawValue
    var inFlight = 0
    var requests = 0
    var failures = 0
    /// By kind.
    var errors: [String: Int] = [:]
    var lastError: Failure?
    /// RFC 3339.
    var lastAnswer: String?
    var version: String?
    /// How far its clock is ahead of the others, in milliseconds.
    var clockSkewMs: Double?
    /// Of all sub-requests, the latest weighing most; a duration as in the configuration.
    var meanLatency: String
    /// Of the answers of the last ten minutes.
    var latency: Latency?
    /// The same by kind of question.
    var latencyByOperation: [String: Latency] = [:]
    /// A duration as in the configuration; empty: none.
    var timeout = ""

    init(name: String, url: String, _ state: TargetState.Snapshot) {
        self.name = name
        self.url = url
        self.state = state.isReachable.map { $0 ? "reachable" : "unreachable" } ?? "unknown"
        meanLatency = GoDuration.format(state.meanLatency)
        inFlight = state.inFlight
        requests = state.requests
        failures = state.failures
        errors = state.failuresByKind
        if let text = state.lastError, let at = state.lastErrorUnixSeconds {
            lastError = Failure(text: text, at: Self.second(at))
        }
        lastAnswer = state.lastAnswerUnixSeconds.map { Self.second($0) }
        version = state.version
        clockSkewMs = state.clockSkew.map { ($0 / .microseconds(1)).rounded() / 1000 }
    }

    init(_ exchange: TargetExchange) {
        self.init(
            name: exchange.target.name, url: exchange.target.url.description, exchange.state.snapshot)
        let health = exchange.health.snapshot(now: exchange.environment.clock.now)
        tenant = exchange.target.tenant
        timeout = GoDuration.format(exchange.target.timeout)
        circuit = health.circuit.rawValue
        latency = Latency(health.latencies.values.flatMap { $0 }.sorted())
        for (operation, sorted) in health.latencies { latencyByOperation[operation.rawValue] = Latency(sorted) }
    }

    private static func second(_ unixSeconds: Int64) -> String {
        Timestamp.rfc3339(unixNanoseconds: unixSeconds * 1_000_000_000).replacing(".000000000Z", with: "Z")
    }
}

/// The form in which a status page is wanted.
enum StatusPageFormat: String, Sendable {
    case text, html, json

    /// - Parameters:
    ///   - name: the parameter `format`, which counts before `Accept`.
    ///   - accept: RFC 9110; of media types that are liked as much the first counts.
    ///   - usual: the form for those who like all the same.
    /// - Throws: 400 for a `format` that there is not.
    init(name: String?, accept: String?, usual: StatusPageFormat) throws(APIError) {
        if let name {
            guard let format = StatusPageFormat(rawValue: name) else {
                throw .badRequest("unknown format \(name.prefix(32)): text, html and json are possible")
            }
            self = format
            return
        }
        var best: (format: StatusPageFormat, weight: Double)?
        for item in (accept ?? "").split(separator: ",").prefix(32) {
            let parts = item.split(separator: ";").map {
                String(decoding: String($0).utf8.trimmingBlanks(), as: UTF8.self)
            }
            guard let type = parts.first?.lowercased() else { continue }
            let format: StatusPageFormat? =
                switch type {
                case "text/plain": .text
                case "text/html", "application/xhtml+xml": .html
                case "application/json": .json
                case "*/*": usual
                default: nil
                }
            guard let format else { continue }
            let weight = parts.dropFirst().first { $0.lowercased().hasPrefix("q=") }.map {
                Double($0.dropFirst(2)) ?? 0
            }
            if (weight ?? 1) > best?.weight ?? 0 { best = (format, weight ?? 1) }
        }
        self = best?.format ?? usual
    }
}

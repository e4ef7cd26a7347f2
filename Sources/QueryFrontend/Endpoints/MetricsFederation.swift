import TempoAPI
import TenantFederation
import TraceQL

/// What is asked for one metrics query: the rewritten questions, cut in time, of every (target, tenant).
struct MetricsFederation: Sendable {
    /// What a sub-request asks for.
    enum Job: Sendable {
        /// The finished series of one question over one part of the time.
        case series(question: Int, MetricsShard)
        /// What was gathered for one sub-query over the whole time.
        case partials(fragment: Int)
    }

    /// What comes of a job.
    enum Part: Sendable {
        case series(QueryRangeResponse)
        case partials(PartialSeries)
    }

    let rewrite: MetricsRewrite
    let range: MetricsRange
    private(set) var jobs: [Job]
    /// The sub-queries that are counted here, on whole traces; nil when none is.
    private(set) var crossTenant: CrossTenantMetrics?
    /// Why sub-queries were left to the tenants that should have been counted here; nil when none was.
    private(set) var leftOutReason: String?
    private let plan: QueryPlan
    private var leftOut: Set<Int> = []
    private let isInstant: Bool
    private let step: Int64
    let exemplars: UInt32
    let hints: [Hint]
    private let shards: [MetricsShard]
    private let passed: [QueryParameter]

    /// - Parameters:
    ///   - parts: into how many parts of time a question may be cut.
    ///   - minimumWidth: of such a part, in nanoseconds.
    init(
        _ parameters: MetricsParameters, _ rewrite: MetricsRewrite, plan: QueryPlan, parts: Int, minimumWidth: Int64
    ) throws(APIError) {
        self.rewrite = rewrite
        self.plan = plan
        isInstant = parameters.isOneInterval
        step = parameters.isOneInterval ? parameters.range.length : parameters.step
        passed = parameters.passed.map { QueryParameter($0.name, $0.value) }
        let aligned = parameters.aligned
        do throws(MetricsRange.Failure) {
            range =
                try isInstant
                ? .instant(start: UInt64(max(0, aligned.start)), end: UInt64(max(0, aligned.end)))
                : .exact(
                    start: UInt64(max(0, aligned.start)), end: UInt64(max(0, aligned.end)), step: UInt64(max(0, step)))
        } catch {
            throw .badRequest("\(error)")
        }
        // Whatever lies past the last interval is not asked for.
        let end = min(parameters.range.end, Int64(clamping: range.end))
        let asked = SeriesQuery(
            text: "", start: min(parameters.range.start, end - 1), end: end, step: step, isInstant: isInstant,
            exemplars: parameters.exemplars)
        shards = MetricsShard.cut(asked, range: range, parts: parts, minimumWidth: minimumWidth)
        exemplars = parameters.exemplars
        hints = parameters.query.hints
        jobs = []
        jobs = jobs(without: [])
    }

    /// What is asked of tenants when some sub-queries are counted here.
    private func jobs(without counted: Set<Int>) -> [Job] {
        rewrite.questions.indices.filter { !counted.contains(rewrite.questions[$0].fragment) }.flatMap { question in
            shards.map { .series(question: question, $0) }
        } + rewrite.fragments.indices.filter { !counted.contains($0) }.map { .partials(fragment: $0) }
    }

    /// Leaves sub-queries to be counted here.
    mutating func count(_ metrics: CrossTenantMetrics?) {
        crossTenant = metrics
        jobs = jobs(without: metrics?.fragments ?? [])
    }

    /// Takes sub-queries back that should have been counted here.
    mutating func leave(_ fragments: Set<Int>, because reason: String) {
        guard !fragments.isEmpty else { return }
        leftOut = fragments
        leftOutReason = reason
        jobs = jobs(without: counted)
    }

    /// The sub-queries that are counted here.
    private var counted: Set<Int> { (crossTenant?.fragments ?? []).subtracting(leftOut) }

    /// The query of a job as it is sent, or would be if it were sent as text.
    func query(_ job: Job) -> SeriesQuery {
        switch job {
        case .series(let index, let shard):
            let question = rewrite.questions[index]
            return SeriesQuery(
                text: question.text, start: shard.start, end: shard.end, step: step, isInstant: isInstant,
                exemplars: question.givesExemplars ? shard.exemplars : 0, parameters: passed)
        case .partials(let fragment):
            let query = Query(.metrics(rewrite.fragments[fragment]), hints: hints)
            return SeriesQuery(
                text: query.description, start: Int64(clamping: range.start), end: Int64(clamping: range.end),
                step: step,
                isInstant: isInstant, exemplars: exemplars)
        }
    }

    func ask(_ subRequest: SubRequest, _ context: SubRequestContext) -> PartialAnswers<Part> {
        let job = jobs[subRequest.question]
        if case .partials(let fragment) = job {
            let query = PartialSeriesQuery(
                query: Query(.metrics(rewrite.fragments[fragment]), hints: hints), range: range, exemplars: exemplars)
            return subRequest.upstream.metricsPartials(query, context).map { .partials($0) }
        }
        return subRequest.upstream.metricsSeries(query(job), context).map { .series($0) }
    }

    func fold(_ part: Part, of subRequest: SubRequest, into combiner: inout SeriesCombiner) {
        switch (part, jobs[subRequest.question]) {
        case (.series(let answer), .series(let question, let shard)):
            combiner.fold(answer, question: question, shard: shard.range, from: subRequest.origin)
        case (.partials(let gathered), .partials(let fragment)): combiner.fold(gathered, fragment: fragment)
        default: break
        }
    }

    /// The jobs that an upstream can do.
    private func jobs(of subRequest: SubRequest) -> [Int] {
        let hasPartials = subRequest.upstream.capabilities.hasMetricPartials
        return jobs.indices.filter { index in
            if case .partials = jobs[index] { hasPartials } else { !hasPartials }
        }
    }

    // MARK: Rounds

    /// Targets of one replica group hold the same spans, so that only one of them may count.
    private struct Place: Hashable {
        var tenantRank: Int
        var replicaGroup: Int
        var job: Int
    }

    /// Every job of every sub-request, of each replica group the first member.
    var firstRound: QueryPlan {
        var seen: Set<Place> = []
        return plan.asking(jobs(of:)).keeping { subRequest in
            guard let place = Self.place(subRequest) else { return true }
            return seen.insert(place).inserted
        }
    }

    /// For every job that failed, the next member of its replica group that was not asked yet.
    func nextRound(after outcomes: [SubRequestOutcome]) -> QueryPlan {
        var failed: Set<Place> = []
        var asked: [Place: Set<PartOrigin>] = [:]
        for outcome in outcomes {
            guard let place = Self.place(outcome.subRequest) else { continue }
            asked[place, default: []].insert(outcome.subRequest.origin)
            if outcome.error == nil { failed.remove(place) } else { failed.insert(place) }
        }
        guard !failed.isEmpty else { return plan.keeping { _ in false } }
        return plan.asking(jobs(of:)).keeping { subRequest in
            guard let place = Self.place(subRequest), failed.contains(place),
                asked[place, default: []].insert(subRequest.origin).inserted
            else { return false }
            failed.remove(place)
            return true
        }
    }

    private static func place(_ subRequest: SubRequest) -> Place? {
        guard let group = subRequest.origin.replicaGroup else { return nil }
        return Place(tenantRank: subRequest.origin.tenantRank, replicaGroup: group, job: subRequest.question)
    }

    // MARK: Exactness

    /// What needs whole traces and is evaluated inside each tenant, in words; where only one is asked, that is the whole.
    var relations: [String] {
        guard !plan.isSingle else { return [] }
        var texts = rewrite.fragments.indices.filter { !counted.contains($0) }.flatMap { fragment in
            rewrite.relations[fragment].map(\.localText)
        }
        if let leftOutReason { texts.append(leftOutReason) }
        return texts
    }

    /// Why merged series need not be exact, though the spans are all seen; what is counted here is.
    var approximations: [String] { jobs.isEmpty ? [] : rewrite.approximations }

    /// Why the answer need not equal that of one tenant with all spans; nil when it does.
    var inexactReason: String? { plan.isSingle ? nil : approximations.first ?? relations.first }

    // MARK: Whether there is anything

    /// Whether a place has something to look at in the range: it gives a count, if only of zero.
    func askForSpans(_ subRequest: SubRequest, _ context: SubRequestContext) -> PartialAnswers<Bool> {
        // No span is of two kinds.
        let text = "{ kind = client && kind = server } | count_over_time()"
        if subRequest.upstream.capabilities.hasMetricPartials {
            let query: Query
            do throws(ParseError) {
                query = try Query.parse(text)
            } catch {
                return PartialAnswers(single: { throw error })
            }
            return subRequest.upstream.metricsPartials(PartialSeriesQuery(query: query, range: range), context).map {
                switch $0.content {
                case .state(let state): state.seriesCount > 0
                case .series(let series): !series.isEmpty
                }
            }
        }
        let query = SeriesQuery(
            text: text, start: shards[0].start, end: Int64(clamping: range.end), step: step, isInstant: isInstant)
        return subRequest.upstream.metricsSeries(query, context).map { !$0.series.isEmpty }
    }
}

extension FrontendService {
    /// Parts of time are at least this many of `query_frontend.metrics.interval` wide: a target cuts finer by itself.
    private static let intervalsOfPart: Int64 = 12

    /// - Parameter tenants: of the query; their limits bound the windows in which traces are looked for.
    func metricsPlan(
        _ parameters: MetricsParameters, _ plan: QueryPlan, tenants: [String]
    ) throws(APIError) -> MetricsFederation {
        let rewrite: MetricsRewrite
        do throws(MetricsRewrite.Failure) {
            rewrite = try MetricsRewrite(parameters.query, limits: parseLimits)
        } catch {
            throw APIError(status: 422, message: error.message)
        }
        let places = max(1, plan.subRequests.count * rewrite.questions.count)
        let interval = GoDuration.nanoseconds(configuration.queryFrontend.metrics.interval)
        let (width, overflow) = max(1, interval).multipliedReportingOverflow(by: Self.intervalsOfPart)
        var federation = try MetricsFederation(
            parameters, rewrite, plan: plan,
            parts: configuration.federation.maxConcurrentRequestsPerQuery / places,
            minimumWidth: overflow ? .max : width)
        federation.count(
            crossTenantMetrics(rewrite, range: federation.range, tenants: tenants, isSingle: plan.isSingle))
        return federation
    }
}

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
    let jobs: [Job]
    private let plan: QueryPlan
    private let isInstant: Bool
    private let step: Int64
    private let exemplars: UInt32
    private let hints: [Hint]
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
        let shards = MetricsShard.cut(asked, range: range, parts: parts, minimumWidth: minimumWidth)
        exemplars = parameters.exemplars
        hints = parameters.query.hints
        jobs =
            rewrite.questions.indices.flatMap { question in shards.map { .series(question: question, $0) } }
            + rewrite.fragments.indices.map { .partials(fragment: $0) }
    }

    /// The query of a job as it is sent; nil for one that is not sent as text.
    func query(_ job: Job) -> SeriesQuery? {
        guard case .series(let index, let shard) = job else { return nil }
        let question = rewrite.questions[index]
        return SeriesQuery(
            text: question.text, start: shard.start, end: shard.end, step: step, isInstant: isInstant,
            exemplars: question.givesExemplars ? shard.exemplars : 0, parameters: passed)
    }

    func ask(_ subRequest: SubRequest, _ context: SubRequestContext) -> PartialAnswers<Part> {
        let job = jobs[subRequest.question]
        if case .partials(let fragment) = job {
            let query = PartialSeriesQuery(
                query: Query(.metrics(rewrite.fragments[fragment]), hints: hints), range: range, exemplars: exemplars)
            return subRequest.upstream.metricsPartials(query, context).map { .partials($0) }
        }
        guard let query = query(job) else { return PartialAnswers(single: { nil }) }
        return subRequest.upstream.metricsSeries(query, context).map { .series($0) }
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
    var relations: [String] { plan.isSingle ? [] : rewrite.relations }

    /// Why the answer need not equal that of one tenant with all spans; nil when it does.
    var inexactReason: String? {
        plan.isSingle ? nil : rewrite.approximations.first ?? rewrite.relations.first
    }
}

extension FrontendService {
    /// Parts of time are at least this many of `query_frontend.metrics.interval` wide: a target cuts finer by itself.
    private static let intervalsOfPart: Int64 = 12

    func metricsPlan(_ parameters: MetricsParameters, _ plan: QueryPlan) throws(APIError) -> MetricsFederation {
        let rewrite: MetricsRewrite
        do throws(MetricsRewrite.Failure) {
            rewrite = try MetricsRewrite(parameters.query, limits: parseLimits)
        } catch {
            throw APIError(status: 422, message: error.message)
        }
        let places = max(1, plan.subRequests.count * rewrite.questions.count)
        let interval = GoDuration.nanoseconds(configuration.queryFrontend.metrics.interval)
        let (width, overflow) = max(1, interval).multipliedReportingOverflow(by: Self.intervalsOfPart)
        return try MetricsFederation(
            parameters, rewrite, plan: plan,
            parts: configuration.federation.maxConcurrentRequestsPerQuery / places,
            minimumWidth: overflow ? .max : width)
    }
}

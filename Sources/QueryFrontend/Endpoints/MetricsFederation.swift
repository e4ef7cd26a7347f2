import TempoAPI
import TenantFederation
import TraceQL

/// What is asked for one metrics query: the rewritten questions, cut in time, of every (target, tenant).
struct MetricsFederation: Sendable {
    /// One question over one part of the time.
    struct Job: Sendable {
        var question: Int
        var shard: MetricsShard
    }

    let rewrite: MetricsRewrite
    let range: MetricsRange
    let jobs: [Job]
    private let plan: QueryPlan
    private let isInstant: Bool
    private let step: Int64
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
        let asked = SeriesQuery(
            text: "", start: parameters.range.start, end: min(parameters.range.end, Int64(clamping: range.end)),
            step: step, isInstant: isInstant, exemplars: parameters.exemplars)
        let shards = MetricsShard.cut(asked, range: range, parts: parts, minimumWidth: minimumWidth)
        jobs = rewrite.questions.indices.flatMap { question in
            shards.map { Job(question: question, shard: $0) }
        }
    }

    /// The query of a job as it is sent.
    func query(_ job: Job) -> SeriesQuery {
        let question = rewrite.questions[job.question]
        return SeriesQuery(
            text: question.text, start: job.shard.start, end: job.shard.end, step: step, isInstant: isInstant,
            exemplars: question.givesExemplars ? job.shard.exemplars : 0, parameters: passed)
    }

    func ask(_ subRequest: SubRequest, _ context: SubRequestContext) -> PartialAnswers<QueryRangeResponse> {
        subRequest.upstream.metricsSeries(query(jobs[subRequest.question]), context)
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
        return plan.asking { _ in Array(jobs.indices) }.keeping { subRequest in
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
        return plan.asking { _ in Array(jobs.indices) }.keeping { subRequest in
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

    /// Why the answer need not equal that of one tenant with all spans; nil when it does.
    var inexactReason: String? {
        rewrite.approximations.first ?? rewrite.relations.first
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

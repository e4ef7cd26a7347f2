import TempoAPI
import TenantFederation

/// An upstream whose answers are kept as long as they are not expected to change, and which asks once what several ask at the same
/// time.
///
/// What is kept or shared is one sub-request's answer: of one target, for one tenant, in the name of one caller. Only whole answers
/// are kept, and never an error.
final class CachingUpstream: Upstream {
    private let base: any Upstream
    private let keys: CacheKeys
    /// nil: nothing is kept, and only what is asked at the same time is asked once.
    private let answers: AnswerCache?
    private let life: AnswerLife
    private let metrics: CacheMetrics
    private let clock: any WallClock

    private let traces = SingleFlight<Shared<TraceAnswer>>()
    private let searches = SingleFlight<Shared<SearchResponse>>()
    private let tagNames = SingleFlight<Shared<SearchTagsResponse>>()
    private let scopedTagNames = SingleFlight<Shared<SearchTagsV2Response>>()
    private let tagValues = SingleFlight<Shared<SearchTagValuesResponse>>()
    private let typedTagValues = SingleFlight<Shared<SearchTagValuesV2Response>>()
    private let series = SingleFlight<Shared<QueryRangeResponse>>()

    /// - Parameters:
    ///   - base: what is asked.
    ///   - keys: of this target.
    ///   - answers: where answers are kept; shared by the targets.
    init(
        _ base: any Upstream, keys: CacheKeys, answers: AnswerCache?, life: AnswerLife, metrics: CacheMetrics,
        clock: any WallClock
    ) {
        self.base = base
        self.keys = keys
        self.answers = answers
        self.life = life
        self.metrics = metrics
        self.clock = clock
    }

    var name: String { base.name }
    var capabilities: UpstreamCapabilities { base.capabilities }

    /// Sub-requests that wait for what another asks.
    var waiting: Int {
        traces.waiting + searches.waiting + tagNames.waiting + scopedTagNames.waiting + tagValues.waiting
            + typedTagValues.waiting + series.waiting
    }

    // MARK: Questions

    func trace(_ lookup: TraceLookup, _ context: SubRequestContext) -> PartialAnswers<TraceAnswer> {
        let question = Question(
            operation: .traces, coding: .trace, flight: traces, life: { self.life.life(of: $0, askedAt: $1) },
            key: { _ in self.keys.trace(lookup, context) }, ask: { self.base.trace(lookup, context) })
        return answer(question, context)
    }

    func search(_ query: SearchQuery, _ context: SubRequestContext) -> PartialAnswers<SearchResponse> {
        let question = Question(
            operation: .search, coding: .message(), flight: searches,
            life: { self.life.life(of: $0, to: query, askedAt: $1) },
            key: { _ in self.keys.search(query, context) }, ask: { self.base.search(query, context) })
        return answer(question, context)
    }

    func tagNames(_ query: TagNamesQuery, _ context: SubRequestContext) -> PartialAnswers<SearchTagsResponse> {
        let question = Question(
            operation: .metadata, coding: .message(), flight: tagNames,
            life: { answer, _ in self.life.life(ofTags: answer.tagNames.count, answer.metrics, query.parameters) },
            key: { self.keys.tagNames(query, isScoped: false, at: $0, context) },
            ask: { self.base.tagNames(query, context) })
        return answer(question, context)
    }

    func scopedTagNames(
        _ query: TagNamesQuery, _ context: SubRequestContext
    ) -> PartialAnswers<SearchTagsV2Response> {
        let question = Question(
            operation: .metadata, coding: .message(), flight: scopedTagNames,
            life: { answer, _ in
                // The limit counts each scope by itself.
                let count = answer.scopes.map(\.tags.count).max() ?? 0
                return self.life.life(ofTags: count, answer.metrics, query.parameters)
            },
            key: { self.keys.tagNames(query, isScoped: true, at: $0, context) },
            ask: { self.base.scopedTagNames(query, context) })
        return answer(question, context)
    }

    func tagValues(_ query: TagValuesQuery, _ context: SubRequestContext) -> PartialAnswers<SearchTagValuesResponse> {
        let question = Question(
            operation: .metadata, coding: .message(), flight: tagValues,
            life: { answer, _ in self.life.life(ofTags: answer.tagValues.count, answer.metrics, query.parameters) },
            key: { self.keys.tagValues(query, isTyped: false, at: $0, context) },
            ask: { self.base.tagValues(query, context) })
        return answer(question, context)
    }

    func typedTagValues(
        _ query: TagValuesQuery, _ context: SubRequestContext
    ) -> PartialAnswers<SearchTagValuesV2Response> {
        let question = Question(
            operation: .metadata, coding: .message(), flight: typedTagValues,
            life: { answer, _ in self.life.life(ofTags: answer.tagValues.count, answer.metrics, query.parameters) },
            key: { self.keys.tagValues(query, isTyped: true, at: $0, context) },
            ask: { self.base.typedTagValues(query, context) })
        return answer(question, context)
    }

    func metricsSeries(_ query: SeriesQuery, _ context: SubRequestContext) -> PartialAnswers<QueryRangeResponse> {
        let question = Question(
            operation: .metrics, coding: .message(), flight: series,
            life: { self.life.life(of: $0, to: query, askedAt: $1) },
            key: { _ in self.keys.series(query, context) }, ask: { self.base.metricsSeries(query, context) })
        return answer(question, context)
    }

    /// States of metrics are those of an upstream in this process and are not kept.
    func metricsPartials(
        _ query: PartialSeriesQuery, _ context: SubRequestContext
    ) -> PartialAnswers<PartialSeries> {
        base.metricsPartials(query, context)
    }

    // MARK: Answers

    /// What one sub-request gave, for all who asked for it.
    private struct Shared<Part: Sendable>: Sendable {
        var parts: [Part]
        /// About as many bytes as the parts came in.
        var receivedBytes: Int
        /// What the upstream says of them. Such an answer is not kept.
        var notes: [AnswerNote] = []
    }

    private struct Question<Part: Sendable>: Sendable {
        var operation: Operation
        var coding: AnswerCoding<Part>
        var flight: SingleFlight<Shared<Part>>
        var life: @Sendable (Part, Int64) -> Int64
        var key: @Sendable (Int64) -> CacheKey?
        var ask: @Sendable () -> PartialAnswers<Part>
    }

    private func answer<Part: Sendable>(
        _ question: Question<Part>, _ context: SubRequestContext
    ) -> PartialAnswers<Part> {
        PartialAnswers {
            var rest: ArraySlice<Part>?
            return PartialAnswers<Part>.AsyncIterator {
                if rest == nil { rest = try await self.parts(question, context)[...] }
                return rest?.popFirst()
            }
        }
    }

    private func parts<Part: Sendable>(
        _ question: Question<Part>, _ context: SubRequestContext
    ) async throws -> [Part] {
        guard let key = question.key(clock.unixNanoseconds) else {
            note(.bypass, question, context)
            return try await ask(question, keepUnder: nil, context).parts
        }
        let directive = context.cacheDirective
        let takesKept = directive.maxAge.map { $0 > .zero } ?? true
        if takesKept, let part = try await kept(question, key, context) {
            note(.hit, question, context)
            return [part]
        }
        let keptKey = directive.stores ? key : nil
        guard takesKept else {
            // What is asked for now, not what was asked for a moment ago.
            note(.bypass, question, context)
            return try await ask(question, keepUnder: keptKey, context).parts
        }
        do {
            let (shared, role) = try await question.flight.run(key, deadline: context.deadline) {
                await self.lead(question, key, keepUnder: keptKey, context)
            }
            guard role == .follower else { return shared.parts }
            note(.joined, question, context)
            for note in shared.notes { context.account.note(note) }
            let bytes = await OffLoop.run(cost: shared.receivedBytes) {
                shared.parts.reduce(0) { $0 + question.coding.byteCount($1) }
            }
            try take(bytes, context)
            return shared.parts
        } catch is SingleFlight<Shared<Part>>.WaitedTooLong {
            if context.account.cacheUse == nil { note(.joined, question, context) }
            throw UpstreamError(
                .timeout, message: "the same question of another query was not answered in time", target: name,
                tenant: context.tenant)
        } catch {
            // Who asked for itself has said so.
            if context.account.cacheUse == nil, !(error is CancellationError) { note(.joined, question, context) }
            throw error
        }
    }

    /// The kept answer, whose bytes the query holds from now on.
    private func kept<Part: Sendable>(
        _ question: Question<Part>, _ key: CacheKey, _ context: SubRequestContext
    ) async throws -> Part? {
        let maxAge = context.cacheDirective.maxAge.map { GoDuration.nanoseconds($0) }
        guard let answers, let answer = answers.answer(for: key, at: clock.unixNanoseconds, maxAge: maxAge) else {
            return nil
        }
        try take(answer.bytes.count, context)
        if let part = await OffLoop.run(cost: answer.bytes.count, { question.coding.decode(answer) }) { return part }
        // It was written here; what cannot be read again is asked for.
        answers.remove(key)
        context.budget.giveBack(answer.bytes.count)
        return nil
    }

    /// Asks for all who wait for the same.
    private func lead<Part: Sendable>(
        _ question: Question<Part>, _ key: CacheKey, keepUnder keptKey: CacheKey?, _ context: SubRequestContext
    ) async -> SingleFlight<Shared<Part>>.Outcome {
        do {
            // It may have been kept since it was looked for.
            let before = context.account.receivedBytes
            if let part = try await kept(question, key, context) {
                note(.hit, question, context)
                return .value(Shared(parts: [part], receivedBytes: context.account.receivedBytes - before))
            }
            note(.miss, question, context)
            return .value(try await ask(question, keepUnder: keptKey, context))
        } catch {
            if error is CancellationError || Task.isCancelled { return .ownFailure(CancellationError()) }
            guard let failure = error as? UpstreamError else { return .failure(error) }
            let isOwn =
                switch failure.code {
                // 429: a place among the target's requests was waited for until the deadline.
                case .timeout, .status(429): ContinuousClock.now >= context.deadline
                case .answerTooLarge: context.budget.isExhausted
                default: false
                }
            return isOwn ? .ownFailure(failure) : .failure(failure)
        }
    }

    private func ask<Part: Sendable>(
        _ question: Question<Part>, keepUnder key: CacheKey?, _ context: SubRequestContext
    ) async throws -> Shared<Part> {
        let now = clock.unixNanoseconds
        let before = context.account.receivedBytes
        var parts: [Part] = []
        for try await part in question.ask() { parts.append(part) }
        let shared = Shared(
            parts: parts, receivedBytes: context.account.receivedBytes - before, notes: context.account.notes)
        if shared.notes.isEmpty, let key, let answers, parts.count == 1 {
            let part = parts[0]
            await OffLoop.run(cost: shared.receivedBytes) {
                let life = question.life(part, now)
                guard life > 0, answers.hasRoom(for: question.coding.byteCount(part), under: key),
                    var answer = question.coding.encode(part)
                else { return }
                answer.storedAt = now
                let (end, overflow) = now.addingReportingOverflow(life)
                answer.expiresAt = overflow ? .max : end
                answers.insert(answer, for: key)
            }
        }
        return shared
    }

    /// The bytes of an answer that was not received for this query, but is held by it.
    private func take(_ bytes: Int, _ context: SubRequestContext) throws(UpstreamError) {
        guard context.budget.take(bytes) else {
            throw UpstreamError(
                .answerTooLarge,
                message: "the answers of this query are larger than \(context.budget.limit) bytes "
                    + "(federation.query_max_response_bytes)", target: name, tenant: context.tenant)
        }
        context.account.addReceivedBytes(bytes)
    }

    private func note<Part: Sendable>(_ use: CacheUse, _ question: Question<Part>, _ context: SubRequestContext) {
        context.account.cacheUse = use
        metrics.used(use, question.operation)
    }
}

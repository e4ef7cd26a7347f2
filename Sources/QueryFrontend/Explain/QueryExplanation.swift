import TraceQL

/// What is understood of a query and what would be done with it.
///
/// As JSON, keys sorted (`?` marks what may be absent):
/// ```
/// {
///   "canonical": "text of the query in one form",
///   "federation": {
///     "separable": true when the parts of a trace may be evaluated one by one,
///     "reasons": [{ "kind": "spansetConjunction", "text": "for people",
///                   "start": byte, "end": byte, "line": from 1, "column": from 1 }]
///   },
///   "completion"?: {                        // how the traces that are found are made whole, in a search of several parts
///     "headers": "TraceQL, asked of every tenant that did not report a trace", "start": unix seconds, "end": unix seconds,
///     "matches"?: "TraceQL, asked of a tenant that the limit cut"
///   },
///   "evaluation"?: {                        // of a query that relates spans of several tenants, done here on whole traces
///     "filters": ["TraceQL"],               // each asks every tenant for traces with such a span
///     "candidates": "1 and (2 or 3)",       // which traces may match, filters by number; of metrics joined by "; "
///     "everyTrace"?: true or false,         // no condition on a span tells: every trace of the window is a candidate
///     "durations"?: "at least 1.000000001s", // how long a trace may last that matches; headers leave the others out
///     "headers"?: "TraceQL, asked of every tenant about candidates where their durations decide",
///     "lookup"?: "/api/v2/traces/ID?...",   // asked of every tenant about every candidate that is left
///     "limit"?: 20, "newestFirst"?: true or false,    // enough traces end a search; the newest, or any
///     "listLimit"?: 2000, "maxConcurrentFetches"?: 16,
///     "maxCandidateTraces": 2000, "maxBytes": 536870912,
///     "pastBounds"?: "refused" or "tenant-local",     // of metrics: what becomes of the query past these
///     "subQueries"?: [{ "query": "TraceQL", "reasons": ["for people"] }],   // of metrics: what is counted here, and why
///     "start": unix seconds, "end": unix seconds    // where parts of traces are looked for
///   },
///   "kind": "search" or "metrics",
///   "marks"?: [{ "level": "tenant-local" or "approximate", "text": "for people" }],   // of a metrics query of several parts
///   "necessaryConditions"?: { "trace": "TraceQL", "span": "TraceQL" },   // absent when they would be too large
///   "query": "the text as it was sent",
///   "refusal"?: { "status": 422, "message": "why no sub-request would be sent" },
///   "storageConditions": [{
///     "allConditions": true or false, "fragment": "TraceQL",
///     "conditions": [{ "attribute": ".a", "test": "load", "exists", "isNil" or an operator, "values"?: ["1"] }],
///     "secondPass": [as conditions], "secondPassSelectsAll": true or false
///   }],
///   "subRequests"?: [{ "method": "GET", "path": "/api/search", "query": "q=...", "target": "name", "tenant"?: "a" }],
///   "tenants"?: ["a", "b"]
/// }
/// ```
/// Kinds of reasons: `spansetConjunction`, `structuralOperator`, `negatedStructuralOperator`, `aggregate`, `afterGroup`,
/// `traceIntrinsic`, `childCount`, `nestedSet`, `parent`. Nothing in it is a credential: paths and tenants only.
struct QueryExplanation: Sendable, Equatable, Encodable {
    enum Kind: String, Sendable, Encodable {
        case search, metrics
    }

    struct Reason: Sendable, Equatable, Encodable {
        var kind: String
        var text: String
        var start: Int
        var end: Int
        var line: Int
        var column: Int
    }

    struct Federation: Sendable, Equatable, Encodable {
        var separable: Bool
        var reasons: [Reason]
    }

    struct Condition: Sendable, Equatable, Encodable {
        var attribute: String
        var test: String
        var values: [String]?
    }

    struct Storage: Sendable, Equatable, Encodable {
        var fragment: String
        var allConditions: Bool
        var conditions: [Condition]
        var secondPass: [Condition]
        var secondPassSelectsAll: Bool
    }

    struct Necessary: Sendable, Equatable, Encodable {
        var trace: String
        var span: String
    }

    struct Refusal: Sendable, Equatable, Encodable {
        var status: Int
        var message: String
    }

    /// What is asked about the headers of traces; `...` and `ID` stand for their ids.
    static let headers = "{ trace:id = \"ID\" || ... } | by(trace:duration)"

    /// What is asked once the traces are known; `...` and `ID` stand for their ids.
    struct Completion: Sendable, Equatable, Encodable {
        var headers: String
        var matches: String?
        var start: UInt32
        var end: UInt32
    }

    /// Why the answer of a metrics query would not be exact.
    struct Mark: Sendable, Equatable, Encodable {
        /// `tenant-local` or `approximate`.
        var level: String
        var text: String
    }

    /// How whole traces are found and what bounds it: every candidate is fetched from all tenants and targets by its id.
    struct Evaluation: Sendable, Equatable, Encodable {
        var filters: [String]
        var candidates: String
        /// Of a metrics query: what is counted here.
        var subQueries: [SubQuery]?
        /// Of a metrics query: `refused` or `tenant-local`.
        var pastBounds: String?
        // Of a search.
        var everyTrace: Bool?
        var durations: String?
        var headers: String?
        var lookup: String?
        var limit: Int?
        var newestFirst: Bool?
        var listLimit: Int?
        var maxConcurrentFetches: Int?
        // Of both.
        var maxCandidateTraces: Int
        var maxBytes: Int
        var start: UInt32
        var end: UInt32

        struct SubQuery: Sendable, Equatable, Encodable {
            var query: String
            var reasons: [String]
        }

        init(_ metrics: CrossTenantMetrics) {
            filters = metrics.filters.map(\.text)
            subQueries = metrics.subQueries.map {
                SubQuery(query: "\(Query(.metrics($0.expression)))", reasons: $0.reasons)
            }
            candidates = metrics.subQueries.map { subQuery in
                Self.text(subQuery.rule, isOperand: false) { subQuery.filters[$0] + 1 }
            }.joined(separator: "; ")
            pastBounds = metrics.subQueries.allSatisfy(\.mayFallBack) ? "tenant-local" : "refused"
            maxCandidateTraces = metrics.maxCandidates
            maxBytes = metrics.maxBytes
            start = metrics.partWindow.start
            end = metrics.partWindow.end
        }

        init(_ search: CrossTenantSearch, maxConcurrentFetches: Int) {
            filters = search.plan.filters.map { "{ \($0.expression) }" }
            candidates = Self.text(search.plan.rule, isOperand: false) { $0 + 1 }
            everyTrace = search.plan.isUnselective
            durations = Self.text(search.plan.durations)
            headers = durations == nil ? nil : QueryExplanation.headers
            limit = search.limit
            newestFirst = search.isNewestFirst
            listLimit = Int(search.listLimit)
            maxCandidateTraces = search.maxCandidates
            maxBytes = search.maxBytes
            self.maxConcurrentFetches = maxConcurrentFetches
            start = search.partWindow.start
            end = search.partWindow.end
            lookup = "/api/v2/traces/ID" + (start > 0 || end > 0 ? "?start=\(start)&end=\(end)" : "")
        }

        /// nil: any.
        private static func text(_ durations: TraceDurations) -> String? {
            let text = { (nanoseconds: Int64) in Static.duration(nanoseconds).description }
            switch (durations.least, durations.greatest) {
            case (.min, .max): return nil
            case (let least, .max): return "at least \(text(least))"
            case (.min, let greatest): return "at most \(text(greatest))"
            case (let least, let greatest):
                return least > greatest ? "none" : "\(text(least)) to \(text(greatest))"
            }
        }

        private static func text(
            _ rule: CandidatePlan.Rule, isOperand: Bool, number: (Int) -> Int
        ) -> String {
            switch rule {
            case .never: return "none"
            case .filter(let index): return "\(number(index))"
            case .all(let rules), .any(let rules):
                let isAll = if case .all = rule { true } else { false }
                let text = rules.map { Self.text($0, isOperand: true, number: number) }
                    .joined(separator: isAll ? " and " : " or ")
                return isOperand ? "(\(text))" : text
            }
        }
    }

    /// One sub-request as it would be sent; fields are not told, for credentials are among them.
    struct PlannedRequest: Sendable, Equatable, Encodable {
        var target: String
        /// nil: none is sent.
        var tenant: String?
        var method: String
        var path: String
        var query: String
    }

    let query: String
    let canonical: String
    let kind: Kind
    let federation: Federation
    let storageConditions: [Storage]
    let necessaryConditions: Necessary?
    // Known once the tenants are.
    var tenants: [String]?
    var subRequests: [PlannedRequest]?
    var refusal: Refusal?
    var completion: Completion?
    var evaluation: Evaluation?
    var marks: [Mark]?

    /// - Parameter query: valid.
    init(_ parsed: Query) {
        query = String(decoding: parsed.source, as: UTF8.self)
        canonical = parsed.description
        kind = parsed.isMetricsQuery ? .metrics : .search
        let reasons = parsed.federationClass.reasons
        let lines = SourceLines(parsed.source)
        federation = Federation(
            separable: reasons.isEmpty,
            reasons: reasons.map { reason in
                let position = lines.position(of: reason.range.lowerBound)
                return Reason(
                    kind: reason.kind.name, text: reason.description, start: reason.range.lowerBound,
                    end: reason.range.upperBound, line: position.line, column: position.column)
            })
        storageConditions = parsed.storageConditions.map(Storage.init)
        necessaryConditions = parsed.boundedNecessaryConditions.map { conditions in
            Necessary(
                trace: ConditionText.text(conditions.trace), span: ConditionText.filter(conditions.span))
        }
    }
}

extension QueryExplanation.Storage {
    fileprivate init(_ storage: StorageConditions) {
        self.init(
            fragment: storage.fragment, allConditions: storage.allConditions,
            conditions: storage.conditions.map(QueryExplanation.Condition.init),
            secondPass: storage.secondPass.map(QueryExplanation.Condition.init),
            secondPassSelectsAll: storage.secondPassSelectsAll)
    }
}

extension QueryExplanation.Condition {
    fileprivate init(_ condition: StorageConditions.Condition) {
        let attribute = condition.attribute.description
        switch condition.test {
        case .load: self.init(attribute: attribute, test: "load")
        case .exists: self.init(attribute: attribute, test: "exists")
        case .isNil: self.init(attribute: attribute, test: "isNil")
        case .compare(let op, let value):
            self.init(attribute: attribute, test: op.text, values: value.elements.map(\.description))
        }
    }
}

extension FederationClass.Kind {
    /// The name in JSON.
    fileprivate var name: String {
        switch self {
        case .spansetConjunction: "spansetConjunction"
        case .structuralOperator: "structuralOperator"
        case .negatedStructuralOperator: "negatedStructuralOperator"
        case .aggregate: "aggregate"
        case .afterGroup: "afterGroup"
        case .traceIntrinsic: "traceIntrinsic"
        case .childCount: "childCount"
        case .nestedSet: "nestedSet"
        case .parent: "parent"
        }
    }
}

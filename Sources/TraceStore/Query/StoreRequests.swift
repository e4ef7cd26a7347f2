package import TraceQL

/// A search of one tenant.
package struct StoreSearchRequest: Sendable {
    /// What a trace must be like.
    package enum Conditions: Sendable {
        /// TraceQL; of a metrics query only the span pipeline counts. Must be valid.
        case query(Query)
        /// Tags as `tags=` has them.
        case tags(StoreTagConditions)
    }

    package var conditions: Conditions
    package var window: StoreTimeWindow
    /// Most traces to return: the newest ones. 0 = all.
    package var limit: Int
    /// Most spans to list in a span set; 0 = all.
    package var spansPerSpanSet: Int
    /// Rewrites that are not to be done, by Tempo's names (`skip_ast_transformations`).
    package var skippedRewrites: [String]

    package init(
        _ conditions: Conditions, window: StoreTimeWindow = .always, limit: Int = 20, spansPerSpanSet: Int = 3,
        skippedRewrites: [String] = []
    ) {
        self.conditions = conditions
        self.window = window
        self.limit = limit
        self.spansPerSpanSet = spansPerSpanSet
        self.skippedRewrites = skippedRewrites
    }
}

/// The legacy search: every tag on some span of the trace, or on its resource, and the trace as long as that.
package struct StoreTagConditions: Sendable, Hashable {
    /// Names and values as text. `name`, `status.code`, `error`, `root.name` and `root.service.name` are not looked up as attributes only.
    package var tags: [String: String]
    /// Bounds of the trace's duration in milliseconds; 0 = none.
    package var minDurationMs: UInt32
    package var maxDurationMs: UInt32

    package init(tags: [String: String] = [:], minDurationMs: UInt32 = 0, maxDurationMs: UInt32 = 0) {
        self.tags = tags
        self.minDurationMs = minDurationMs
        self.maxDurationMs = maxDurationMs
    }
}

/// A question for the names of attributes.
package struct StoreTagsRequest: Sendable {
    /// The scopes that Tempo's `scope` parameter knows.
    package enum Scope: String, Sendable, CaseIterable {
        case none, span, resource, event, link, instrumentation, trace, intrinsic
    }

    /// `.none` for all of them.
    package var scope: Scope
    /// TraceQL, as far as it has been typed; only names of spans that match are given. Empty, or nothing that can be read: all.
    package var filter: String
    package var window: StoreTimeWindow
    /// Most names a scope; 0 = no bound. `intrinsic` is not bounded.
    package var maxNamesPerScope: Int
    /// Most bytes of all names; 0 = no bound.
    package var maxBytes: Int

    package init(
        scope: Scope = .none, filter: String = "", window: StoreTimeWindow = .always, maxNamesPerScope: Int = 0,
        maxBytes: Int = 1_000_000
    ) {
        self.scope = scope
        self.filter = filter
        self.window = window
        self.maxNamesPerScope = maxNamesPerScope
        self.maxBytes = maxBytes
    }
}

/// A question for the values of an attribute.
package struct StoreTagValuesRequest: Sendable {
    /// Which attribute.
    package enum Name: Sendable, Hashable {
        /// As a TraceQL identifier (v2).
        case attribute(Attribute)
        /// As the first version of the API names it: a key without scope, or one of a few intrinsics.
        case legacy(String)
    }

    package var name: Name
    /// TraceQL, as far as it has been typed; only values of spans that match are given. Empty, or nothing that can be read: all.
    package var filter: String
    package var window: StoreTimeWindow
    /// Most values; 0 = no bound.
    package var maxValues: Int
    /// Most bytes of types and values; 0 = no bound.
    package var maxBytes: Int

    package init(
        name: Name, filter: String = "", window: StoreTimeWindow = .always, maxValues: Int = 0,
        maxBytes: Int = 1_000_000
    ) {
        self.name = name
        self.filter = filter
        self.window = window
        self.maxValues = maxValues
        self.maxBytes = maxBytes
    }
}

/// Why a question cannot be answered, in Tempo's words.
package struct StoreQueryError: Error, Sendable, Hashable, CustomStringConvertible {
    /// What kind of failure it is.
    package enum Kind: Sendable, Hashable {
        /// The question is at fault: status 400.
        case badRequest
        /// The evaluation failed: status 500 in Tempo.
        case evaluation
    }

    package let kind: Kind
    package let description: String

    package init(_ kind: Kind, _ description: String) {
        self.kind = kind
        self.description = description
    }
}

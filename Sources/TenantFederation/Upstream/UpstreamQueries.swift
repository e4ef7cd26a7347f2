/// A lookup of one trace.
package struct TraceLookup: Sendable, Equatable {
    /// Lower-case hex, 32 digits.
    package var traceID: String
    /// The client's parameters that narrow the lookup (`start`, `end`, `mode`, `blockStart`, `blockEnd`), in order.
    package var parameters: [QueryParameter]

    package init(traceID: String, parameters: [QueryParameter] = []) {
        self.traceID = traceID
        self.parameters = parameters
    }
}

/// One name and value of a URL's query, decoded.
package struct QueryParameter: Sendable, Equatable {
    package var name: String
    package var value: String

    package init(_ name: String, _ value: String) {
        self.name = name
        self.value = value
    }
}

/// What a tenant holds of one trace.
package enum TraceAnswer: Sendable {
    /// The bytes of a `tempopb.TraceByIDResponse`; an absent or empty trace in it means that the tenant has none.
    case response([UInt8])
    /// The bytes of a bare `tempopb.Trace`.
    case trace([UInt8])
    /// The tenant does not hold the trace.
    case notFound
}

/// A search of one tenant: TraceQL or tags.
package struct SearchQuery: Sendable, Equatable {
    /// The conditions as the client gave them: `q`, or `tags`, `minDuration`, `maxDuration`, or legacy tag parameters.
    package var conditions: [QueryParameter]
    /// Most traces to return, at least 1.
    package var limit: UInt32
    /// Most spans a span set; 0 = all.
    package var spansPerSpanSet: UInt32
    /// Unix seconds; both 0: recent data only.
    package var start: UInt32
    package var end: UInt32

    package init(
        conditions: [QueryParameter], limit: UInt32, spansPerSpanSet: UInt32, start: UInt32, end: UInt32
    ) {
        self.conditions = conditions
        self.limit = limit
        self.spansPerSpanSet = spansPerSpanSet
        self.start = start
        self.end = end
    }
}

/// A question for tag names.
package struct TagNamesQuery: Sendable, Equatable {
    /// `scope`, `q`, `limit`, `maxStaleValues` where the client gave them, in order.
    package var parameters: [QueryParameter]
    /// Unix seconds; both 0: recent data only.
    package var start: UInt32
    package var end: UInt32
    /// False: the client named no window, and start and end are those that a Tempo takes then.
    package var hasWindow = true

    package init(parameters: [QueryParameter], start: UInt32, end: UInt32) {
        self.parameters = parameters
        self.start = start
        self.end = end
    }
}

/// A question for the values of one tag.
package struct TagValuesQuery: Sendable, Equatable {
    /// The tag's name as the path spelled it, decoded.
    package var tagName: String
    /// `q`, `limit`, `maxStaleValues` where the client gave them, in order.
    package var parameters: [QueryParameter]
    /// Unix seconds; both 0: recent data only.
    package var start: UInt32
    package var end: UInt32
    /// False: the client named no window, and start and end are those that a Tempo takes then.
    package var hasWindow = true

    package init(tagName: String, parameters: [QueryParameter], start: UInt32, end: UInt32) {
        self.tagName = tagName
        self.parameters = parameters
        self.start = start
        self.end = end
    }
}

/// A metrics query of one tenant.
package struct SeriesQuery: Sendable, Equatable {
    /// TraceQL.
    package var text: String
    /// Unix nanoseconds, not below 0 and not aligned: every upstream aligns the same bounds alike.
    package var start: Int64
    package var end: Int64
    /// Nanoseconds, above 0; of an instant query the whole range.
    package var step: Int64
    /// True: one interval from start to end.
    package var isInstant: Bool
    /// How many exemplars at most; 0 is none.
    package var exemplars: UInt32
    /// What else the client said that is the upstreams' business, in order.
    package var parameters: [QueryParameter]

    package init(
        text: String, start: Int64, end: Int64, step: Int64, isInstant: Bool = false, exemplars: UInt32 = 0,
        parameters: [QueryParameter] = []
    ) {
        self.text = text
        self.start = start
        self.end = end
        self.step = step
        self.isInstant = isInstant
        self.exemplars = exemplars
        self.parameters = parameters
    }
}

/// A parsed query.
///
/// ```swift
/// let query = try Query.parse(#"{ resource.service.name = "checkout" && status = error }"#)
/// try query.validate()
/// print(query)  // { (resource.service.name = `checkout`) && (status = error) }
/// ```
///
/// Equality compares what is meant, hints included, not the text.
public struct Query: Sendable, Hashable {
    /// What the query computes.
    public var root: Root
    /// The hints of the last `with(...)`; empty when there is none.
    public var hints: [Hint]
    /// The text the query was parsed from, a leading byte order mark included; empty for trees made by a program.
    public var source: [UInt8]

    /// A search or a metrics query.
    public enum Root: Sendable, Hashable {
        /// A search.
        case spansets(Pipeline)
        /// A metrics query.
        case metrics(MetricsExpression)
    }

    /// A query from its parts.
    public init(_ root: Root, hints: [Hint] = [], source: [UInt8] = []) {
        self.root = root
        self.hints = hints
        self.source = source
    }

    /// Equal when they mean the same; the text does not count.
    public static func == (lhs: Query, rhs: Query) -> Bool { lhs.root == rhs.root && lhs.hints == rhs.hints }

    /// Consistent with `==`.
    public func hash(into hasher: inout Hasher) {
        hasher.combine(root)
        hasher.combine(hints)
    }

    /// Whether this is a metrics query. Search accepts those too and runs their span pipeline.
    public var isMetricsQuery: Bool {
        if case .metrics = root { true } else { false }
    }

    /// The span pipelines: one for a search, one for every sub-query of a metrics query.
    public var pipelines: [Pipeline] {
        switch root {
        case .spansets(let pipeline): return [pipeline]
        case .metrics(let expression):
            return expression.subqueries.compactMap {
                if case .function(let pipeline, _) = $0.kind { pipeline } else { nil }
            }
        }
    }
}

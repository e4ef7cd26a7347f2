import TenantFederation
import TraceQL

/// Questions to one tenant about traces that are known by their ids.
struct TraceIDQuestions {
    /// Most bytes of one TraceQL text.
    let maxBytes: Int

    /// - Parameter limits: `max_query_expression_size_bytes` bounds the targets too; without a limit theirs is assumed to be
    ///   Tempo's default.
    init(_ limits: SearchLimits) {
        maxBytes = limits.maxQueryExpressionBytes > 0 ? limits.maxQueryExpressionBytes : 131_072
    }

    /// One text and the traces that it asks for.
    struct Batch: Sendable {
        var text: String
        var traceIDs: [String]
    }

    /// `{ trace:id = "..." || ... } | by(trace:duration)`: the header of each trace, with its exact duration. As many texts as
    /// their size needs.
    func headers(_ traceIDs: [String]) -> [Batch] {
        let (head, tail) = ("{ ", " } | by(trace:duration)")
        return batches(traceIDs, overhead: head.utf8.count + tail.utf8.count, copies: 1) {
            head + Self.forms($0).map { "trace:id = \"\($0)\"" }.joined(separator: " || ") + tail
        } ?? []
    }

    /// `{ nestedSetParent < 0 && (trace:id = "..." || ...) } | select(name, resource.service.name)`: the spans without a parent.
    func roots(_ traceIDs: [String]) -> [Batch] {
        let (head, tail) = ("{ nestedSetParent < 0 && (", ") } | select(name, resource.service.name)")
        return batches(traceIDs, overhead: head.utf8.count + tail.utf8.count, copies: 1) {
            head + Self.forms($0).map { "trace:id = \"\($0)\"" }.joined(separator: " || ") + tail
        } ?? []
    }

    /// The query, asked of these traces only; nil when it cannot be narrowed so.
    func matches(of query: Query, _ traceIDs: [String]) -> [Batch]? {
        guard let probe = query.restricted(toTraces: Self.forms(["f"])) else { return nil }
        return batches(traceIDs, overhead: probe.query.description.utf8.count, copies: probe.filters) {
            query.restricted(toTraces: Self.forms($0))?.query.description ?? ""
        }
    }

    /// Cuts the list so that each text stays below the limit.
    private func batches(
        _ traceIDs: [String], overhead: Int, copies: Int, text: ([String]) -> String
    ) -> [Batch]? {
        // Both forms of an id, with the attribute, the operator, quotes, and the parentheses of canonical text.
        let perTrace = 2 * 64 * copies
        let most = (maxBytes - overhead) / max(perTrace, 1)
        guard most > 0 else { return nil }
        var batches: [Batch] = []
        var rest = traceIDs[...]
        while !rest.isEmpty {
            let part = Array(rest.prefix(most))
            rest = rest.dropFirst(most)
            batches.append(Batch(text: text(part), traceIDs: part))
        }
        return batches
    }

    /// The id as Tempo prints it, and with its leading zeros: of older versions some compare the one text and some the other.
    static func forms(_ traceIDs: [String]) -> [String] {
        traceIDs.flatMap { id -> [String] in
            let whole = padded(id)
            return id.isEmpty || id == whole ? [whole] : [id, whole]
        }
    }

    /// Filled with zeros to 32 digits.
    static func padded(_ traceID: String) -> String {
        String(repeating: "0", count: max(0, 32 - traceID.utf8.count)) + traceID
    }

    /// Lower-case hex without leading zeros, as Tempo prints ids in search answers; nil for what is no trace id.
    static func normalized(_ traceID: String) -> String? {
        let bytes = traceID.utf8
        let isHex = bytes.allSatisfy {
            (0x30...0x39).contains($0) || (0x41...0x46).contains($0) || (0x61...0x66).contains($0)
        }
        guard isHex, bytes.count <= 32 else { return nil }
        return String(traceID.lowercased().drop { $0 == "0" })
    }
}

extension Query {
    /// The query with its first filters narrowed to these traces, and how many filters that are; one that does not begin with
    /// a filter gets one. Nil for a metrics query.
    func restricted(toTraces ids: [String]) -> (query: Query, filters: Int)? {
        guard case .spansets(var pipeline) = root, !ids.isEmpty else { return nil }
        var condition: FieldExpression?
        for id in ids {
            let test = FieldExpression(
                .binary(
                    .equal, FieldExpression(.attribute(Attribute(.traceID))),
                    FieldExpression(.literal(.string(id)))))
            condition = condition.map { FieldExpression(.logical(LogicalChain($0, isAnd: false, test))) } ?? test
        }
        guard let condition else { return nil }
        var filters = 0
        if !pipeline.restrict(to: condition, &filters) {
            filters = 1
            let filter = SpansetExpression(.filter(SpansetFilter(condition)))
            pipeline.elements.insert(PipelineElement(.spanset(filter)), at: 0)
        }
        return (Query(.spansets(pipeline), hints: hints), filters)
    }
}

extension Pipeline {
    fileprivate mutating func restrict(to condition: FieldExpression, _ filters: inout Int) -> Bool {
        guard let first = elements.first, case .spanset(var spanset) = first.kind,
            spanset.restrict(to: condition, &filters)
        else { return false }
        elements[0].kind = .spanset(spanset)
        return true
    }
}

extension SpansetExpression {
    fileprivate mutating func restrict(to condition: FieldExpression, _ filters: inout Int) -> Bool {
        switch kind {
        case .filter(var filter):
            filters += 1
            if case .literal(.boolean(true)) = filter.expression.kind {
                filter.expression = condition
            } else {
                filter.expression = FieldExpression(
                    .logical(LogicalChain(filter.expression, isAnd: true, condition)))
            }
            kind = .filter(filter)
            return true
        case .operation(let op, var lhs, var rhs):
            guard lhs.restrict(to: condition, &filters), rhs.restrict(to: condition, &filters) else { return false }
            kind = .operation(op, lhs, rhs)
            return true
        case .wrapped(var pipeline):
            guard pipeline.restrict(to: condition, &filters) else { return false }
            kind = .wrapped(pipeline)
            return true
        }
    }
}

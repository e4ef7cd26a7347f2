import TraceQL

/// Writes the questions of a rewritten query as text: in the user's own words where these say the same, else canonical.
struct QuestionWriter {
    private let query: Query
    private let limits: ParseLimits

    init(_ query: Query, limits: ParseLimits) {
        self.query = query
        self.limits = limits
    }

    mutating func question(
        fragment: Int, _ part: MetricsRewrite.Part
    ) throws(MetricsRewrite.Failure) -> MetricsRewrite.Question {
        var hints = query.hints
        if !part.givesExemplars {
            hints.removeAll { $0.name == "exemplars" }
            hints.append(Hint("exemplars", .boolean(false)))
        }
        let wanted = Query(.metrics(MetricsExpression(.function(part.pipeline, part.function))), hints: hints)
        return MetricsRewrite.Question(
            fragment: fragment, role: part.role, query: wanted, text: try text(of: wanted),
            givesExemplars: part.givesExemplars)
    }

    /// The text that is sent; it reads back as the same query.
    func text(of wanted: Query) throws(MetricsRewrite.Failure) -> String {
        if wanted == query, !query.source.isEmpty { return String(decoding: query.source, as: UTF8.self) }
        for bytes in [own(wanted), wanted.canonicalText()] {
            if let bytes, let read = try? Query.parse(utf8: bytes, limits: limits), read == wanted {
                return String(decoding: bytes, as: UTF8.self)
            }
        }
        throw MetricsRewrite.Failure(message: "this query cannot be written for a target: \(wanted)")
    }

    /// The user's words for what was kept, wherever that is possible.
    private func own(_ wanted: Query) -> [UInt8]? {
        guard case .metrics(let metrics) = wanted.root, case .function(let pipeline, let function) = metrics.kind else {
            return nil
        }
        guard let kept = words(pipeline.range) ?? ownElements(pipeline) else { return nil }
        var bytes = kept + Array(" | ".utf8)
        if let words = words(function.range) {
            bytes += words
        } else {
            bytes += Array(description(function).utf8)
        }
        if !wanted.hints.isEmpty {
            let list = wanted.hints.map { "\($0.name)=\($0.value)" }.joined(separator: ", ")
            bytes += Array(" with (\(list))".utf8)
        }
        return bytes
    }

    /// A pipeline of which some elements were added.
    private func ownElements(_ pipeline: Pipeline) -> [UInt8]? {
        var bytes: [UInt8] = []
        for element in pipeline.elements {
            if !bytes.isEmpty { bytes += Array(" | ".utf8) }
            bytes += words(element.range) ?? Array("\(Pipeline([element]))".utf8)
        }
        return bytes
    }

    private func words(_ range: SourceRange) -> [UInt8]? {
        guard range != .none, range.lowerBound >= 0, range.lowerBound < range.upperBound,
            range.upperBound <= query.source.count
        else { return nil }
        return Array(query.source[range.lowerBound..<range.upperBound])
    }

    private func description(_ function: MetricsFunction) -> String {
        var text: String
        switch function.kind {
        case .rate: text = "rate()"
        case .countOverTime: text = "count_over_time()"
        case .minOverTime(let attribute): text = "min_over_time(\(attribute))"
        case .maxOverTime(let attribute): text = "max_over_time(\(attribute))"
        case .sumOverTime(let attribute): text = "sum_over_time(\(attribute))"
        case .avgOverTime(let attribute): text = "avg_over_time(\(attribute))"
        case .histogramOverTime(let attribute): text = "histogram_over_time(\(attribute))"
        case .quantileOverTime(let attribute, let quantiles):
            text =
                "quantile_over_time(\(([attribute.description] + quantiles.map { "\($0)" }).joined(separator: ", ")))"
        case .compare(let filter, let topN, let start, let end):
            let inside =
                words(filter.range).map { String(decoding: $0, as: UTF8.self) } ?? "{ \(filter.expression) }"
            text = "compare(\(inside), \(topN)"
            if start != 0 || end != 0 { text += ", \(start), \(end)" }
            text += ")"
        }
        if !function.group.isEmpty {
            text += " by (\(function.group.map(\.description).joined(separator: ", ")))"
        }
        return text
    }
}

import TraceQL

/// Necessary conditions as TraceQL, so that they can be read, and run.
enum ConditionText {
    static func text(_ condition: TraceCondition) -> String {
        var text = ""
        append(condition, isOperand: false, to: &text)
        return text
    }

    static func filter(_ condition: SpanCondition) -> String {
        var text = "{ "
        append(condition, isOperand: false, to: &text)
        return text + " }"
    }

    private static func append(_ condition: TraceCondition, isOperand: Bool, to text: inout String) {
        switch condition {
        case .always: text += "{ true }"
        case .never: text += "{ false }"
        case .span(let span): text += filter(span)
        case .all(let parts): join(parts, " && ", isOperand, to: &text) { append($0, isOperand: true, to: &$1) }
        case .any(let parts): join(parts, " || ", isOperand, to: &text) { append($0, isOperand: true, to: &$1) }
        }
    }

    private static func append(_ condition: SpanCondition, isOperand: Bool, to text: inout String) {
        switch condition {
        case .always: text += "true"
        case .never: text += "false"
        case .test(let attribute, let op, let value): text += "\(attribute) \(op.text) \(value)"
        case .exists(let attribute): text += "\(attribute) != nil"
        case .isNil(let attribute): text += "\(attribute) = nil"
        case .all(let parts): join(parts, " && ", isOperand, to: &text) { append($0, isOperand: true, to: &$1) }
        case .any(let parts): join(parts, " || ", isOperand, to: &text) { append($0, isOperand: true, to: &$1) }
        }
    }

    /// Operands that are themselves joined stand in parentheses.
    private static func join<Part>(
        _ parts: [Part], _ separator: String, _ isOperand: Bool, to text: inout String,
        _ appendPart: (Part, inout String) -> Void
    ) {
        if isOperand { text += "(" }
        for (index, part) in parts.enumerated() {
            if index > 0 { text += separator }
            appendPart(part, &text)
        }
        if isOperand { text += ")" }
    }
}

extension Query {
    /// Longer conditions are not spelled out; a query has 128 KiB by default.
    private static let maxConditionBytes = 512 * 1024

    /// The necessary conditions, unless they are much larger than the query: what enters an element of a pipeline is
    /// repeated for every operand in it, so `{a} && {b} | {c} && {d} | ...` doubles them with each element.
    var boundedNecessaryConditions: NecessaryConditions? {
        var size = ConditionSize(limit: Self.maxConditionBytes)
        for pipeline in pipelines { _ = size.after(pipeline, input: 0) }
        return size.isWithinLimit ? necessaryConditions : nil
    }
}

/// How long necessary conditions would be as text, roughly, found in linear time.
private struct ConditionSize {
    let limit: Int
    /// Of all the conditions so far, never far above the limit.
    private var total = 0

    init(limit: Int) { self.limit = limit }

    var isWithinLimit: Bool { total <= limit }

    /// - Parameter input: the bytes of the condition on the spans that enter.
    /// - Returns: those of the condition on the spans that leave, at most the limit and one.
    mutating func after(_ pipeline: Pipeline, input: Int) -> Int {
        var current = input
        for element in pipeline.elements {
            guard case .spanset(let spanset) = element.kind else { continue }
            current = after(spanset, input: current)
            total = min(total + current, limit + 1)
        }
        return current
    }

    private mutating func after(_ spanset: SpansetExpression, input: Int) -> Int {
        switch spanset.kind {
        case .filter(let filter): min(input + filter.range.upperBound - filter.range.lowerBound, limit + 1)
        case .wrapped(let pipeline): after(pipeline, input: input)
        case .operation(_, let lhs, let rhs): min(after(lhs, input: input) + after(rhs, input: input), limit + 1)
        }
    }
}

extension CanonicalText {
    mutating func append(_ metrics: MetricsExpression) {
        switch metrics.kind {
        case .function(let pipeline, let function):
            append(pipeline)
            append(" | ")
            append(function)
        case .operation(let op, let lhs, let rhs):
            append("(")
            append(lhs)
            append(") \(op.text) (")
            append(rhs)
            append(")")
        case .scalarOnRight(let op, let operand, let number):
            append("(")
            append(operand)
            append(") \(op.text) ")
            append(Self.metricsNumber(number, style: style))
        case .scalarOnLeft(let op, let number, let operand):
            append(Self.metricsNumber(number, style: style))
            append(" \(op.text) (")
            append(operand)
            append(")")
        }
        for stage in metrics.secondStages {
            switch stage.kind {
            case .topK(let limit): append(" | topk(\(limit))")
            case .bottomK(let limit): append(" | bottomk(\(limit))")
            case .filter(let op, let number): append(" \(op.text) \(Self.metricsNumber(number, style: style))")
            }
        }
    }

    mutating func append(_ function: MetricsFunction) {
        switch function.kind {
        case .rate: append("rate()")
        case .countOverTime: append("count_over_time()")
        case .minOverTime(let attribute): appendCall("min_over_time", attribute)
        case .maxOverTime(let attribute): appendCall("max_over_time", attribute)
        case .sumOverTime(let attribute): appendCall("sum_over_time", attribute)
        case .avgOverTime(let attribute): appendCall("avg_over_time", attribute)
        case .histogramOverTime(let attribute): appendCall("histogram_over_time", attribute)
        case .quantileOverTime(let attribute, let quantiles):
            append("quantile_over_time(")
            append(attribute)
            for quantile in quantiles {
                append(",")
                append(quantileText(quantile))
            }
            append(")")
        case .compare(let filter, let topN, let start, let end):
            append("compare(")
            append(filter)
            // Tempo drops the other arguments and closes with the wrong bracket.
            guard style == .reparsable else { return append("}") }
            if start != 0 || end != 0 {
                append(", \(topN), \(start), \(end)")
            } else if topN != 10 {
                append(", \(topN)")
            }
            append(")")
        }
        guard !function.group.isEmpty else { return }
        append("by(")
        for (index, attribute) in function.group.enumerated() {
            if index > 0 { append(",") }
            append(attribute)
        }
        append(")")
    }

    private mutating func appendCall(_ name: String, _ attribute: Attribute) {
        append(name)
        append("(")
        append(attribute)
        append(")")
    }

    /// Five decimals; more where those do not tell the number, when the text is to be read back.
    private func quantileText(_ quantile: Double) -> String {
        let text = NumberText.fixed(quantile, decimals: 5)
        if style == .tempo || Double(text) == quantile { return text }
        return NumberText.float(quantile)
    }

    /// A number of a second stage or of arithmetic between series.
    static func metricsNumber(_ number: Double, style: CanonicalTextStyle) -> String {
        if let whole = Int64(exactly: number),
            style == .tempo || (whole != .min && (whole != 0 || number.sign == .plus))
        {
            return "\(whole)"
        }
        if style == .reparsable {
            if number.isNaN { return "(0.0 / 0.0)" }
            if number.isInfinite { return number > 0 ? "(1.0 / 0.0)" : "(-1.0 / 0.0)" }
            return NumberText.float(number)
        }
        return NumberText.shortest(number)
    }
}

extension Parser {
    /// A metrics function with its arguments and `by (...)`; nil when the next token begins none.
    @inline(never)
    mutating func parseMetricsFunction() throws(ParseError) -> MetricsFunction? {
        let start = current.start
        let kind: MetricsFunction.Kind
        switch current.kind {
        case .rate, .countOverTime:
            kind = at(.rate) ? .rate : .countOverTime
            try advance()
            try expect(.openParen, expecting: "(")
            try expect(.closeParen, expecting: ")")
        case .minOverTime: kind = .minOverTime(try parseMetricsAttribute())
        case .maxOverTime: kind = .maxOverTime(try parseMetricsAttribute())
        case .sumOverTime: kind = .sumOverTime(try parseMetricsAttribute())
        case .avgOverTime: kind = .avgOverTime(try parseMetricsAttribute())
        case .histogramOverTime: kind = .histogramOverTime(try parseMetricsAttribute())
        case .quantileOverTime: kind = try parseQuantiles()
        case .compare:
            kind = try parseCompare()
            return MetricsFunction(kind, range: range(from: start))
        default: return nil
        }
        var group: [Attribute] = []
        if try consume(if: .by) { group = try parseAttributeList() }
        return MetricsFunction(kind, group: group, range: range(from: start))
    }

    /// `( attribute )` after the name of a function.
    private mutating func parseMetricsAttribute() throws(ParseError) -> Attribute {
        try advance()
        try expect(.openParen, expecting: "(")
        guard let attribute = try parseAttribute() else { throw unexpected(nil) }
        try expect(.closeParen, expecting: ")")
        return attribute
    }

    private mutating func parseQuantiles() throws(ParseError) -> MetricsFunction.Kind {
        try advance()
        try expect(.openParen, expecting: "(")
        guard let attribute = try parseAttribute() else { throw unexpected(nil) }
        try expect(.comma, expecting: ",")
        var quantiles: [Double] = []
        while true {
            switch current.kind {
            case .integer: quantiles.append(Double(Int64(bitPattern: current.bits)))
            case .float: quantiles.append(Double(bitPattern: current.bits))
            default: throw unexpected("INTEGER or FLOAT")
            }
            try advance()
            if at(.closeParen) { break }
            try expect(.comma, expecting: ") or ,")
        }
        try advance()
        return .quantileOverTime(attribute, quantiles)
    }

    /// `compare({...})`, `compare({...}, n)` or `compare({...}, n, start, end)`.
    private mutating func parseCompare() throws(ParseError) -> MetricsFunction.Kind {
        try advance()
        try expect(.openParen, expecting: "(")
        guard at(.openBrace) else { throw unexpected("{") }
        let filter = try parseFilter()
        var topN: Int64 = 10
        var times: (start: Int64, end: Int64) = (0, 0)
        if at(.comma) {
            topN = try parseIntegerAfterComma()
            if at(.comma) {
                times.start = try parseIntegerAfterComma()
                guard at(.comma) else { throw unexpected(",") }
                times.end = try parseIntegerAfterComma()
                try expect(.closeParen, expecting: ")")
            } else {
                try expect(.closeParen, expecting: ") or ,")
            }
        } else {
            try expect(.closeParen, expecting: ") or ,")
        }
        return .compare(filter, topN: topN, startUnixNano: times.start, endUnixNano: times.end)
    }

    private mutating func parseIntegerAfterComma() throws(ParseError) -> Int64 {
        try advance()
        return try parseInteger()
    }

    private mutating func parseInteger() throws(ParseError) -> Int64 {
        let token = current
        try expect(.integer, expecting: "INTEGER")
        return Int64(bitPattern: token.bits)
    }

    /// `| topk(n)`, `| bottomk(n)` and comparisons, as many as come.
    @inline(never)
    mutating func parseSecondStages() throws(ParseError) -> [MetricsSecondStage] {
        var stages: [MetricsSecondStage] = []
        while true {
            let start = current.start
            if at(.pipe) {
                try advance()
                let isTop = at(.topk)
                guard isTop || at(.bottomk) else { throw unexpected("topk or bottomk") }
                try advance()
                try expect(.openParen, expecting: "(")
                let limit = try parseInteger()
                try expect(.closeParen, expecting: ")")
                stages.append(MetricsSecondStage(isTop ? .topK(limit) : .bottomK(limit), range: range(from: start)))
            } else if let comparison = comparisonOperator(current.kind) {
                try advance()
                let operand = try parseChain(.constant, minPrecedence: 0)
                guard case .constant(let value) = operand.value else { throw unexpected(nil) }
                let number: Double
                switch value {
                case .int(let value): number = Double(value)
                case .float(let value): number = value
                case .duration(let nanoseconds): number = Double(nanoseconds) / 1e9
                default: throw unexpected(nil)
                }
                stages.append(MetricsSecondStage(.filter(comparison, number), range: range(from: start)))
            } else {
                return stages
            }
        }
    }
}

/// Reads a query by recursive descent, with one token of lookahead.
///
/// Chains of operators are read by precedence climbing. Where Tempo's grammar leaves open what a parenthesis means, the
/// set of `OperandKinds` says what may still come; see `Parser+Operands.swift`.
///
/// A tree is never taller than `limits.maxNestingDepth` (chains of `&&` and `||` in filters are flat), so that walking
/// and freeing it by recursion is safe. Field expressions are read without recursion. Every loop consumes a token.
struct Parser {
    private var lexer: Lexer
    let limits: ParseLimits
    /// The next token.
    private(set) var current: Token
    /// The last token that was consumed.
    private(set) var previous: Token
    private var tokenCount = 0
    private var depth = 0
    /// How many more steps of regular expressions constants may take; well below a second in all.
    var regexSteps = 1 << 25
    /// An element that was read in full while looking for something shorter; see `parseClosingAggregate`.
    var pendingElement: PipelineElement?

    init(_ bytes: [UInt8], limits: ParseLimits) {
        lexer = Lexer(bytes)
        self.limits = limits
        previous = Token(kind: .end, start: 0, end: 0, position: 0)
        current = lexer.next()
    }

    // MARK: - Tokens

    func at(_ kind: TokenKind) -> Bool { current.kind == kind }

    @inline(never)
    mutating func advance() throws(ParseError) {
        tokenCount += 1
        guard tokenCount <= limits.maxTokens else {
            throw error("query has more than \(limits.maxTokens) tokens", at: current, code: .tooManyTokens)
        }
        previous = current
        current = lexer.next()
    }

    @inline(never)
    mutating func consume(if kind: TokenKind) throws(ParseError) -> Bool {
        guard current.kind == kind else { return false }
        try advance()
        return true
    }

    /// Consumes a token that must come here; `expecting` is the list shown when it does not, nil for none.
    @inline(never)
    mutating func expect(_ kind: TokenKind, expecting: String?) throws(ParseError) {
        guard current.kind == kind else { throw unexpected(expecting) }
        try advance()
    }

    func name(of token: Token) -> [UInt8] { lexer.name(of: token) }
    func stringValue(of token: Token) -> [UInt8] { lexer.stringValue(of: token) }
    func text(of token: Token) -> String { String(decoding: lexer.bytes[token.start..<token.end], as: UTF8.self) }

    /// The range from a token to the last one consumed.
    func range(from start: Int) -> SourceRange { SourceRange(start, max(start, previous.end)) }

    // MARK: - Errors

    @inline(never)
    func error(_ message: String, at token: Token, code: ParseError.Code = .syntax) -> ParseError {
        let position = TextPosition(of: token.position, in: lexer.bytes)
        let isEmpty = lexer.bytes.isEmpty
        return ParseError(
            code: code, message: message, line: isEmpty ? 0 : position.line, column: isEmpty ? 0 : position.column,
            range: token.range)
    }

    /// The current token cannot stand here. What the lexer could not read is reported as such.
    @inline(never)
    func unexpected(_ expecting: String?) -> ParseError {
        if at(.invalid) { return error(lexer.errorMessage, at: current) }
        let list = expecting.map { ", expecting " + $0 } ?? ""
        return error("syntax error: unexpected \(current.kind.text)\(list)", at: current)
    }

    /// An error found while constants were folded. Tempo reports it where its reader stands: at the last token consumed,
    /// or at the one after that when the grammar had to look at it first.
    @inline(never)
    func foldingError(_ message: String, afterLookahead: Bool) -> ParseError {
        if afterLookahead && at(.invalid) { return unexpected(nil) }
        return error(message, at: afterLookahead ? current : previous)
    }

    // MARK: - Depth

    @inline(never)
    mutating func descend() throws(ParseError) {
        depth += 1
        // Canonical text has a parenthesis for every level of a tree; a little more than that is harmless.
        try checkHeight(depth - 2)
    }

    mutating func ascend() { depth -= 1 }

    @inline(never)
    func checkHeight(_ height: Int) throws(ParseError) {
        guard height <= limits.maxNestingDepth else {
            throw error("query nests deeper than \(limits.maxNestingDepth) levels", at: current, code: .nestingTooDeep)
        }
    }

    // MARK: - Query

    mutating func parseQuery() throws(ParseError) -> Query {
        let root = try parseBody()
        var hints: [Hint] = []
        while at(.with) { hints = try parseHints() }
        guard at(.end) else { throw unexpected("with") }
        return Query(root, hints: hints, source: lexer.bytes)
    }

    private mutating func parseBody() throws(ParseError) -> Query.Root {
        let start = current.start
        if at(.by) || at(.select) { return try parsePipelineBody(from: start, first: nil) }
        let operand = try parseChain(.anything, minPrecedence: 0)
        switch operand.value {
        case .spanset(let spanset):
            let element = PipelineElement(.spanset(spanset), range: operand.range)
            return try parsePipelineBody(from: start, first: element)
        case .scalar, .constant:
            let element = try parseScalarFilter(operand, from: start)
            return try parsePipelineBody(from: start, first: element)
        case .wrapped(let spanset):
            if case .wrapped(let pipeline) = spanset.kind { return .spansets(pipeline) }
            let element = PipelineElement(.spanset(spanset), range: operand.range)
            return .spansets(Pipeline([element], range: operand.range))
        case .wrappedScalar:
            let element = try parseScalarFilter(operand, from: start)
            return .spansets(Pipeline([element], range: range(from: start)))
        case .metrics(var metrics):
            metrics.secondStages += try parseSecondStages()
            metrics.range = range(from: start)
            return .metrics(metrics)
        }
    }

    /// The elements at the top of a query, after the first one unless that is still to come.
    @inline(never)
    private mutating func parsePipelineBody(
        from start: Int, first: PipelineElement?
    ) throws(ParseError) -> Query.Root {
        var elements: [PipelineElement] = []
        if let first { elements.append(first) } else { elements.append(try parseElement()) }
        while at(.pipe) {
            try advance()
            if let function = try parseMetricsFunction() {
                let pipeline = Pipeline(elements, range: elementsRange(elements))
                var metrics = MetricsExpression(.function(pipeline, function))
                metrics.secondStages = try parseSecondStages()
                metrics.range = range(from: start)
                return .metrics(metrics)
            }
            elements.append(try parseElement())
        }
        return .spansets(Pipeline(elements, range: range(from: start)))
    }

    func elementsRange(_ elements: [PipelineElement]) -> SourceRange {
        guard let first = elements.first, let last = elements.last else { return .none }
        return first.range.union(last.range)
    }

    // MARK: - Pipeline elements

    /// Any element that may follow a `|`, metrics functions apart.
    @inline(never)
    mutating func parseElement() throws(ParseError) -> PipelineElement {
        let start = current.start
        switch current.kind {
        case .by:
            try advance()
            try expect(.openParen, expecting: "(")
            let expression = try parseField()
            try expect(.closeParen, expecting: nil)
            return PipelineElement(.group(expression), range: range(from: start))
        case .select:
            try advance()
            let attributes = try parseAttributeList()
            return PipelineElement(.select(attributes), range: range(from: start))
        case .coalesce:
            try advance()
            try expect(.openParen, expecting: "(")
            try expect(.closeParen, expecting: ")")
            return PipelineElement(.coalesce, range: range(from: start))
        default:
            let operand = try parseChain([.spanset, .scalar, .constant], minPrecedence: 0)
            if case .spanset(let spanset) = operand.value {
                return PipelineElement(.spanset(spanset), range: operand.range)
            }
            return try parseScalarFilter(operand, from: start)
        }
    }

    /// The comparison and right side of a scalar filter whose left side was read.
    @inline(never)
    mutating func parseScalarFilter(_ lhs: Operand, from start: Int) throws(ParseError) -> PipelineElement {
        guard let comparison = comparisonOperator(current.kind), let left = lhs.scalar else { throw unexpected(nil) }
        try advance()
        let isWrapped = lhs.kind == .wrappedScalar
        let rhs = try parseChain(isWrapped ? [.wrappedScalar, .constant] : [.scalar, .constant], minPrecedence: 0)
        // Two constants are not compared: an aggregate was still to come.
        guard let right = rhs.scalar, lhs.kind != .constant || rhs.kind != .constant else { throw unexpected(nil) }
        return PipelineElement(.scalarFilter(ScalarFilter(comparison, left, right)), range: range(from: start))
    }

    func comparisonOperator(_ kind: TokenKind) -> BinaryOperator? {
        switch kind {
        case .equal: .equal
        case .notEqual: .notEqual
        case .less: .less
        case .lessOrEqual: .lessOrEqual
        case .greater: .greater
        case .greaterOrEqual: .greaterOrEqual
        default: nil
        }
    }

    // MARK: - Hints

    @inline(never)
    private mutating func parseHints() throws(ParseError) -> [Hint] {
        try advance()
        try expect(.openParen, expecting: "(")
        var hints: [Hint] = []
        while true {
            let nameToken = current
            try expect(.identifier, expecting: "IDENTIFIER")
            try expect(.equal, expecting: "=")
            guard let value = try parseLiteral() else { throw unexpected(nil) }
            hints.append(Hint(text(of: nameToken), value))
            if at(.closeParen) { break }
            try expect(.comma, expecting: ") or ,")
        }
        try advance()
        return hints
    }

    /// A literal as values of hints and operands of filters are written; nil when the next token begins none.
    @inline(never)
    mutating func parseLiteral() throws(ParseError) -> Static? {
        let value: Static
        switch current.kind {
        case .integer: value = .int(Int64(bitPattern: current.bits))
        case .float: value = .float(Double(bitPattern: current.bits))
        case .durationLiteral: value = .duration(Int64(bitPattern: current.bits))
        case .string: value = .string(stringValue(of: current))
        case .true: value = .boolean(true)
        case .false: value = .boolean(false)
        case .ok: value = .status(.ok)
        case .error: value = .status(.error)
        case .unset: value = .status(.unset)
        case .unspecified: value = .kind(.unspecified)
        case .internal: value = .kind(.internal)
        case .server: value = .kind(.server)
        case .client: value = .kind(.client)
        case .producer: value = .kind(.producer)
        case .consumer: value = .kind(.consumer)
        case .identifier:
            switch text(of: current) {
            case "minInt": value = .int(.min)
            case "maxInt": value = .int(.max)
            default: throw error("unknown identifier: \(text(of: current))", at: current)
            }
        default: return nil
        }
        try advance()
        return value
    }
}

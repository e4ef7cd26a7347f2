/// A field expression that was read, with the height of its tree.
struct ParsedField {
    var expression: FieldExpression
    var height: Int
}

extension Parser {
    /// A field expression as filters, `by(...)` and aggregates hold it.
    mutating func parseField() throws(ParseError) -> FieldExpression {
        try parseField(minPrecedence: 1).expression
    }

    /// Precedences, loosest first: 1 `&& ||`, 2 comparisons and regex, 3 `+ -`, 5 `* / %`, 6 `^` (to the right).
    /// A prefix operator takes a chain of levels 5 and 6 as its operand.
    private mutating func parseField(minPrecedence: Int) throws(ParseError) -> ParsedField {
        var lhs = try parseFieldOperand()
        while let (op, precedence) = fieldOperator(current.kind), precedence >= minPrecedence {
            let start = lhs.expression.range
            try advance()
            if (op == .equal || op == .notEqual) && at(.nil) {
                try advance()
                lhs = try nilTest(op, lhs, start.union(previous.range))
                continue
            }
            let rhs: ParsedField
            if op == .power {
                try descend()
                rhs = try parseField(minPrecedence: precedence)
                ascend()
            } else {
                rhs = try parseField(minPrecedence: precedence + 1)
            }
            lhs = try combine(op, lhs, rhs)
        }
        return lhs
    }

    private mutating func parseFieldOperand() throws(ParseError) -> ParsedField {
        let start = current.start
        switch current.kind {
        case .openParen:
            try advance()
            try descend()
            var inner = try parseField(minPrecedence: 1)
            try expect(.closeParen, expecting: nil)
            ascend()
            inner.expression.range = range(from: start)
            return inner
        case .minus, .not:
            let op: UnaryOperator = at(.minus) ? .negate : .not
            try advance()
            try descend()
            let operand = try parseField(minPrecedence: 5)
            ascend()
            let range = range(from: start)
            let kind: FieldExpression.Kind
            if case .literal(let value) = operand.expression.kind, let folded = ConstantFolding.unary(op, value) {
                kind = .literal(folded)
            } else {
                kind = .unary(op, operand.expression)
                try checkHeight(operand.height + 1)
            }
            return ParsedField(expression: FieldExpression(kind, range: range), height: operand.height + 1)
        case .nil: return try parseLeadingNil(start)
        default:
            if let attribute = try parseAttribute() {
                return ParsedField(
                    expression: FieldExpression(.attribute(attribute), range: range(from: start)), height: 1)
            }
            guard let value = try parseLiteral() else { throw unexpected(nil) }
            return ParsedField(expression: FieldExpression(.literal(value), range: range(from: start)), height: 1)
        }
    }

    /// `nil = x`: the test with its sides exchanged. The right side reaches as far as `+` and tighter operators do.
    private mutating func parseLeadingNil(_ start: Int) throws(ParseError) -> ParsedField {
        try advance()
        let op: BinaryOperator
        switch current.kind {
        case .equal: op = .equal
        case .notEqual: op = .notEqual
        default: throw unexpected("= or !=")
        }
        try advance()
        if at(.nil) {
            // Both sides nil: equal to nothing, and unequal to nothing.
            try advance()
            return ParsedField(
                expression: FieldExpression(.literal(.boolean(false)), range: range(from: start)), height: 1)
        }
        try descend()
        let operand = try parseField(minPrecedence: 3)
        ascend()
        return try nilTest(op, operand, range(from: start))
    }

    private func nilTest(_ op: BinaryOperator, _ operand: ParsedField, _ range: SourceRange) throws(ParseError)
        -> ParsedField
    {
        let test: FieldExpression.NilTest = op == .equal ? .isNil : .exists
        try checkHeight(operand.height + 1)
        if case .literal(let value) = operand.expression.kind {
            let folded = ConstantFolding.nilTest(test, value)
            return ParsedField(expression: FieldExpression(.literal(.boolean(folded)), range: range), height: 1)
        }
        return ParsedField(
            expression: FieldExpression(.nilTest(test, operand.expression), range: range), height: operand.height + 1)
    }

    private func combine(_ op: BinaryOperator, _ lhs: ParsedField, _ rhs: ParsedField) throws(ParseError)
        -> ParsedField
    {
        var left = lhs.expression
        var right = rhs.expression
        let range = left.range.union(right.range)
        // Trace ids are stored without leading zeros.
        if right.attribute?.intrinsic == .traceID { left = ConstantFolding.strippingZeros(left) }
        if left.attribute?.intrinsic == .traceID { right = ConstantFolding.strippingZeros(right) }
        if let x = left.literal, let y = right.literal, let folded = ConstantFolding.binary(op, x, y) {
            return ParsedField(expression: FieldExpression(.literal(folded), range: range), height: 1)
        }
        if op == .and || op == .or {
            // A chain on the left only gets longer.
            var height = max(lhs.height, rhs.height + 1)
            if case .logical(var chain) = left.kind {
                left.kind = .literal(.null)  // gives up its reference, so that the chain grows in place
                chain.append(isAnd: op == .and, right)
                try checkHeight(height)
                return ParsedField(expression: FieldExpression(.logical(chain), range: range), height: height)
            }
            height = max(lhs.height, rhs.height) + 1
            try checkHeight(height)
            let chain = LogicalChain(left, isAnd: op == .and, right)
            return ParsedField(expression: FieldExpression(.logical(chain), range: range), height: height)
        }
        let height = max(lhs.height, rhs.height) + 1
        try checkHeight(height)
        return ParsedField(expression: FieldExpression(.binary(op, left, right), range: range), height: height)
    }

    private func fieldOperator(_ kind: TokenKind) -> (BinaryOperator, Int)? {
        switch kind {
        case .and: (.and, 1)
        case .or: (.or, 1)
        case .equal: (.equal, 2)
        case .notEqual: (.notEqual, 2)
        case .less: (.less, 2)
        case .lessOrEqual: (.lessOrEqual, 2)
        case .greater: (.greater, 2)
        case .greaterOrEqual: (.greaterOrEqual, 2)
        case .regex: (.regex, 2)
        case .notRegex: (.notRegex, 2)
        case .plus: (.add, 3)
        case .minus: (.subtract, 3)
        case .star: (.multiply, 5)
        case .slash: (.divide, 5)
        case .percent: (.modulo, 5)
        case .caret: (.power, 6)
        default: nil
        }
    }

    // MARK: - Attributes

    /// `( attribute, ... )`
    mutating func parseAttributeList() throws(ParseError) -> [Attribute] {
        try expect(.openParen, expecting: "(")
        var attributes: [Attribute] = []
        while true {
            guard let attribute = try parseAttribute() else { throw unexpected(nil) }
            attributes.append(attribute)
            if at(.closeParen) { break }
            try expect(.comma, expecting: ") or ,")
        }
        try advance()
        return attributes
    }

    /// An attribute or intrinsic; nil when the next token begins none.
    mutating func parseAttribute() throws(ParseError) -> Attribute? {
        switch current.kind {
        case .dot: return try parseName(.none)
        case .spanDot: return try parseName(.span)
        case .resourceDot: return try parseName(.resource)
        case .eventDot: return try parseName(.event)
        case .linkDot: return try parseName(.link)
        case .instrumentationDot: return try parseName(.instrumentation)
        case .parentDot: return try parseParentName()
        case .traceColon:
            return try parseScopedIntrinsic(
                [.duration: .traceDuration, .rootName: .traceRootName, .rootService: .traceRootService, .id: .traceID],
                expecting: "duration or rootName or rootService or id")
        case .spanColon:
            return try parseScopedIntrinsic(
                [
                    .duration: .duration, .name: .name, .status: .status, .statusMessage: .statusMessage, .kind: .kind,
                    .id: .spanID, .parentID: .spanParentID, .childCount: .spanChildCount,
                ], expecting: nil)
        case .eventColon:
            return try parseScopedIntrinsic(
                [.name: .eventName, .timeSinceStart: .eventTimeSinceStart], expecting: "name or timeSinceStart")
        case .linkColon:
            return try parseScopedIntrinsic(
                [.traceID: .linkTraceID, .spanID: .linkSpanID], expecting: "traceID or spanID")
        case .instrumentationColon:
            return try parseScopedIntrinsic(
                [.name: .instrumentationName, .version: .instrumentationVersion], expecting: "name or version")
        default:
            guard let intrinsic = bareIntrinsic(current.kind) else { return nil }
            try advance()
            return Attribute(intrinsic)
        }
    }

    private func bareIntrinsic(_ kind: TokenKind) -> Intrinsic? {
        switch kind {
        case .duration: .duration
        case .name: .name
        case .status: .status
        case .statusMessage: .statusMessage
        case .kind: .kind
        case .rootName: .traceRootName
        case .rootServiceName: .traceRootService
        case .traceDuration: .traceDuration
        case .nestedSetLeft: .nestedSetLeft
        case .nestedSetRight: .nestedSetRight
        case .nestedSetParent: .nestedSetParent
        case .parent: .parent
        default: nil
        }
    }

    private mutating func parseScopedIntrinsic(
        _ words: KeyValuePairs<TokenKind, Intrinsic>, expecting: String?
    ) throws(ParseError) -> Attribute {
        try advance()
        guard let intrinsic = words.first(where: { $0.key == current.kind })?.value else {
            throw unexpected(expecting)
        }
        try advance()
        return Attribute(intrinsic)
    }

    private mutating func parseName(_ scope: AttributeScope, isOfParent: Bool = false) throws(ParseError) -> Attribute {
        try advance()
        let token = current
        guard at(.attributeName) else { throw unexpected("IDENTIFIER") }
        try advance()
        return Attribute(scope: scope, nameBytes: name(of: token), isOfParent: isOfParent)
    }

    private mutating func parseParentName() throws(ParseError) -> Attribute {
        try advance()
        let token = current
        switch current.kind {
        case .spanDot: return try parseName(.span, isOfParent: true)
        case .resourceDot: return try parseName(.resource, isOfParent: true)
        case .attributeName:
            try advance()
            return Attribute(scope: .none, nameBytes: name(of: token), isOfParent: true)
        default: throw unexpected("IDENTIFIER or resource. or span.")
        }
    }
}

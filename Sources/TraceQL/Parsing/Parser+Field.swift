/// A field expression that was read, with the height of its tree.
struct ParsedField {
    var expression: FieldExpression
    var height: Int
}

/// What waits on the stack of `Parser.parseField()` for its right side.
private enum PendingField {
    case binary(BinaryOperator, level: Int)
    case unary(UnaryOperator, start: Int)
    /// `nil =` or `nil !=`
    case leadingNil(BinaryOperator, start: Int)
    case parenthesis(start: Int)
}

extension Parser {
    /// A field expression as filters, `by(...)` and aggregates hold it.
    ///
    /// Levels, loosest first: 1 `&& ||`, 2 comparisons and regex, 3 `+ -`, 4 prefix operators, 5 `* / %`, 6 `^` (to the
    /// right). A prefix operator takes a chain of levels 5 and 6 as its operand, `nil =` one of levels 3 to 6.
    ///
    /// Operators and parentheses wait on a stack of our own: canonical text opens one parenthesis for every operator of a
    /// chain, thousands for a long list of alternatives, and none of them may cost machine stack.
    mutating func parseField() throws(ParseError) -> FieldExpression {
        var operands: [ParsedField] = []
        var pending: [PendingField] = []
        var openParentheses = 0
        while true {
            guard try parseFieldOperand(&operands, &pending, &openParentheses) else { continue }
            // An operand is complete: operators and closing parentheses until the next one is due.
            var isComplete = true
            while isComplete {
                if at(.closeParen) && openParentheses > 0 {
                    try closeParenthesis(&operands, &pending)
                    openParentheses -= 1
                    continue
                }
                guard let (op, level) = fieldOperator(current.kind) else {
                    guard openParentheses == 0 else { throw unexpected(nil) }
                    try reduce(&operands, &pending, below: 0)
                    guard let result = operands.popLast() else { throw unexpected(nil) }
                    return result.expression
                }
                try advance()
                try reduce(&operands, &pending, below: level)
                if (op == .equal || op == .notEqual) && at(.nil) {
                    try advance()
                    guard let operand = operands.popLast() else { throw unexpected(nil) }
                    operands.append(try nilTest(op, operand, operand.expression.range.union(previous.range)))
                } else {
                    pending.append(.binary(op, level: level))
                    isComplete = false
                }
            }
        }
    }

    /// Reads one operand, or what opens one. - Returns: whether an operand is complete.
    private mutating func parseFieldOperand(
        _ operands: inout [ParsedField], _ pending: inout [PendingField], _ openParentheses: inout Int
    ) throws(ParseError) -> Bool {
        let start = current.start
        switch current.kind {
        case .openParen:
            try advance()
            pending.append(.parenthesis(start: start))
            openParentheses += 1
            return false
        case .minus, .not:
            pending.append(.unary(at(.minus) ? .negate : .not, start: start))
            try advance()
            return false
        case .nil:
            try advance()
            let op: BinaryOperator
            switch current.kind {
            case .equal: op = .equal
            case .notEqual: op = .notEqual
            default: throw unexpected("= or !=")
            }
            try advance()
            guard at(.nil) else {
                pending.append(.leadingNil(op, start: start))
                return false
            }
            // Both sides nil: equal to nothing, and unequal to nothing.
            try advance()
            operands.append(
                ParsedField(
                    expression: FieldExpression(.literal(.boolean(false)), range: range(from: start)), height: 1))
            return true
        default:
            let kind: FieldExpression.Kind
            if let attribute = try parseAttribute() {
                kind = .attribute(attribute)
            } else {
                guard let value = try parseLiteral() else { throw unexpected(nil) }
                kind = .literal(value)
            }
            operands.append(ParsedField(expression: FieldExpression(kind, range: range(from: start)), height: 1))
            return true
        }
    }

    /// Applies waiting operators that bind at least as tightly as an operator of that level which comes next.
    private mutating func reduce(
        _ operands: inout [ParsedField], _ pending: inout [PendingField], below level: Int
    ) throws(ParseError) {
        while let last = pending.last {
            switch last {
            case .parenthesis: return
            case .binary(let op, let waiting):
                // `^` associates to the right: an equal one waits on.
                guard waiting > level || (waiting == level && level != 6) else { return }
                guard let rhs = operands.popLast(), var lhs = operands.popLast() else { throw unexpected(nil) }
                operands.append(try combine(op, &lhs, rhs))
            case .unary(let op, let start):
                guard level < 5 else { return }
                guard let operand = operands.popLast() else { throw unexpected(nil) }
                operands.append(try prefix(op, operand, start))
            case .leadingNil(let op, let start):
                guard level < 3 else { return }
                guard let operand = operands.popLast() else { throw unexpected(nil) }
                let range = SourceRange(start, operand.expression.range.upperBound)
                operands.append(try nilTest(op, operand, range))
            }
            pending.removeLast()
        }
    }

    private mutating func closeParenthesis(
        _ operands: inout [ParsedField], _ pending: inout [PendingField]
    ) throws(ParseError) {
        try reduce(&operands, &pending, below: 0)
        guard case .parenthesis(let start) = pending.popLast(), var operand = operands.popLast() else {
            throw unexpected(nil)
        }
        try advance()
        operand.expression.range = range(from: start)
        operands.append(operand)
    }

    private func prefix(_ op: UnaryOperator, _ operand: ParsedField, _ start: Int) throws(ParseError) -> ParsedField {
        let range = SourceRange(start, operand.expression.range.upperBound)
        if case .literal(let value) = operand.expression.kind, let folded = ConstantFolding.unary(op, value) {
            return ParsedField(expression: FieldExpression(.literal(folded), range: range), height: 1)
        }
        try checkHeight(operand.height + 1)
        return ParsedField(
            expression: FieldExpression(.unary(op, operand.expression), range: range), height: operand.height + 1)
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

    /// The value of an operation on constants; nil when it stays as it is.
    private mutating func fold(_ op: BinaryOperator, _ lhs: Static, _ rhs: Static) throws(ParseError) -> Static? {
        guard op == .regex || op == .notRegex else { return ConstantFolding.binary(op, lhs, rhs) }
        guard case .string(let text) = lhs, case .string(let pattern) = rhs else { return nil }
        switch RegularExpression.matchOnce(text, pattern: pattern, steps: &regexSteps) {
        case .matches(let matches): return .boolean(matches == (op == .regex))
        case .invalid: return nil
        case .tooCostly:
            throw error("constants take too long to match regular expressions", at: current, code: .tooCostly)
        }
    }

    private mutating func combine(_ op: BinaryOperator, _ lhs: inout ParsedField, _ rhs: ParsedField) throws(ParseError)
        -> ParsedField
    {
        var left = lhs.expression
        var right = rhs.expression
        let range = left.range.union(right.range)
        // Trace ids are stored without leading zeros.
        if right.attribute?.intrinsic == .traceID { left = ConstantFolding.strippingZeros(left) }
        if left.attribute?.intrinsic == .traceID { right = ConstantFolding.strippingZeros(right) }
        if let x = left.literal, let y = right.literal, let folded = try fold(op, x, y) {
            return ParsedField(expression: FieldExpression(.literal(folded), range: range), height: 1)
        }
        if op == .and || op == .or {
            // A chain on the left only gets longer.
            var height = max(lhs.height, rhs.height + 1)
            if case .logical(var chain) = left.kind {
                lhs.expression.kind = .literal(.null)
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

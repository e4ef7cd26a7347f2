/// How canonical text treats the few values that Tempo prints so that they cannot be read back.
public enum CanonicalTextStyle: Sendable, Hashable {
    /// Text that parses to an equal query. Differs from Tempo's only where Tempo's does not parse: strings with a backtick,
    /// a carriage return or bytes that are not UTF-8, empty names, unscoped names that begin with a digit, the least
    /// integer, infinities and not-a-number, negative numbers before `* / % ^`, quantiles with more than five decimals,
    /// `compare(...)`.
    case reparsable
    /// Tempo's text to the byte, as in its error messages, series names and cache keys.
    case tempo
}

extension Query {
    /// The canonical text as bytes: UTF-8 in the style `.reparsable`; in the style `.tempo` strings are copied as they are.
    public func canonicalText(_ style: CanonicalTextStyle = .reparsable) -> [UInt8] {
        var text = CanonicalText(style)
        switch root {
        case .spansets(let pipeline): text.append(pipeline)
        case .metrics(let metrics): text.append(metrics)
        }
        if !hints.isEmpty {
            text.append(" with(")
            for (index, hint) in hints.enumerated() {
                if index > 0 { text.append(",") }
                text.append(hint.name)
                text.append("=")
                text.append(hint.value)
            }
            text.append(")")
        }
        return text.bytes
    }
}

extension Query: CustomStringConvertible {
    /// The canonical text, which parses to an equal query.
    public var description: String { String(decoding: canonicalText(), as: UTF8.self) }
}

extension FieldExpression: CustomStringConvertible {
    /// The canonical text.
    public var description: String { text(.reparsable) }

    var tempoText: String { text(.tempo) }

    /// The canonical text in a style.
    func text(_ style: CanonicalTextStyle) -> String {
        var text = CanonicalText(style)
        text.append(self)
        return text.string
    }
}

extension Pipeline: CustomStringConvertible {
    /// The canonical text.
    public var description: String {
        var text = CanonicalText(.reparsable)
        text.append(self)
        return text.string
    }
}

extension MetricsExpression: CustomStringConvertible {
    /// The canonical text.
    public var description: String {
        var text = CanonicalText(.reparsable)
        text.append(self)
        return text.string
    }
}

extension Attribute: CustomStringConvertible {
    /// The canonical text, such as `resource.service.name`, `.foo`, `span."a b"` or `span:id`.
    public var description: String {
        var text = CanonicalText(.reparsable)
        text.append(self)
        return text.string
    }

    /// The text as Tempo writes it in condition lists and labels: empty names and names that begin with a digit bare.
    public var tempoText: String {
        var text = CanonicalText(.tempo)
        text.append(self)
        return text.string
    }
}

extension Static: CustomStringConvertible {
    /// The canonical text, such as `5`, `1.0`, `` `text` ``, `1m30s` or `error`.
    public var description: String { text(.reparsable) }

    /// The canonical text in a style.
    public func text(_ style: CanonicalTextStyle) -> String {
        var text = CanonicalText(style)
        text.append(self)
        return text.string
    }
}

extension Aggregate: CustomStringConvertible {
    /// The canonical text, such as `count()` or `avg(duration)`.
    public var description: String {
        var text = CanonicalText(.reparsable)
        text.append(self)
        return text.string
    }

    var tempoText: String {
        var text = CanonicalText(.tempo)
        text.append(self)
        return text.string
    }
}

extension ScalarExpression {
    var tempoText: String {
        var text = CanonicalText(.tempo)
        text.append(self)
        return text.string
    }
}

extension ScalarFilter {
    var tempoText: String {
        var text = CanonicalText(.tempo)
        text.append(self)
        return text.string
    }
}

extension BinaryOperator {
    /// Whether a prefix operator before the left side takes the whole operation as its operand.
    fileprivate var bindsTighterThanPrefix: Bool {
        switch self {
        case .multiply, .divide, .modulo, .power: true
        default: false
        }
    }
}

extension SpansetExpression {
    /// Whether this is a relation with a pipeline in it whose first operand is none.
    fileprivate var beginsPlainAndIsNot: Bool {
        guard case .operation(_, let lhs, _) = kind, !isPlain else { return false }
        return lhs.isPlain || lhs.beginsPlainAndIsNot
    }

    /// Whether this is made of filters, with nothing in it that only a pipeline holds.
    private var isPlain: Bool {
        switch kind {
        case .filter: return true
        case .operation(_, let lhs, let rhs): return lhs.isPlain && rhs.isPlain
        case .wrapped(let pipeline):
            guard pipeline.elements.count == 1, case .spanset(let only) = pipeline.elements[0].kind else {
                return false
            }
            return only.isPlain
        }
    }
}

extension Static {
    /// Whether the text begins with a minus sign.
    fileprivate var hasSign: Bool {
        switch self {
        case .int(let value): value < 0 && value != .min
        case .duration(let value): value < 0
        case .float(let value): value.isFinite && value.sign == .minus
        default: false
        }
    }
}

/// Writes canonical text. See the extension files for what is written how.
struct CanonicalText {
    private(set) var bytes: [UInt8] = []
    let style: CanonicalTextStyle
    /// After a `parent.` Tempo reads `.span.x` as two scopes until another scope comes.
    private var insideParent = false

    init(_ style: CanonicalTextStyle) { self.style = style }

    var string: String { String(decoding: bytes, as: UTF8.self) }

    mutating func append(_ text: String) { bytes.append(contentsOf: text.utf8) }
    mutating func append(raw: [UInt8]) { bytes.append(contentsOf: raw) }

    // MARK: - Pipelines

    mutating func append(_ pipeline: Pipeline) {
        for (index, element) in pipeline.elements.enumerated() {
            if index > 0 { append("|") }
            switch element.kind {
            case .spanset(let spanset): append(spanset)
            case .scalarFilter(let filter): append(filter)
            case .group(let expression):
                append("by(")
                append(expression)
                append(")")
            case .coalesce: append("coalesce()")
            case .select(let attributes):
                append("select(")
                append(attributes, separator: ", ")
                append(")")
            case .aggregate(let aggregate): append(aggregate)
            }
        }
    }

    mutating func append(_ spanset: SpansetExpression) {
        switch spanset.kind {
        case .filter(let filter): append(filter)
        case .operation(let op, let lhs, let rhs):
            appendOperand(lhs)
            append(" \(op.text) ")
            appendOperand(rhs)
        case .wrapped(let pipeline): append(pipeline)
        }
    }

    /// An operand stands in parentheses, except where what they open would be mistaken: `(X) op (Y)` inside of
    /// parentheses that begin with a plain spanset is no relation between pipelines. Such a relation can only be the right
    /// side of a looser operator, which is what it reads as without parentheses too.
    private mutating func appendOperand(_ spanset: SpansetExpression) {
        if style == .reparsable && spanset.beginsPlainAndIsNot {
            append(spanset)
        } else {
            append("(")
            append(spanset)
            append(")")
        }
    }

    mutating func append(_ filter: SpansetFilter) {
        append("{ ")
        append(filter.expression)
        append(" }")
    }

    private mutating func append(_ attributes: [Attribute], separator: String) {
        for (index, attribute) in attributes.enumerated() {
            if index > 0 { append(separator) }
            append(attribute)
        }
    }

    // MARK: - Scalars

    mutating func append(_ filter: ScalarFilter) {
        appendOperand(filter.lhs)
        append(" \(filter.comparison.text) ")
        appendOperand(filter.rhs)
    }

    mutating func append(_ scalar: ScalarExpression) {
        switch scalar.kind {
        case .aggregate(let aggregate): append(aggregate)
        case .constant(let value): appendConstant(value)
        case .operation(let op, let lhs, let rhs):
            appendOperand(lhs)
            append(" \(op.text) ")
            appendOperand(rhs)
        case .wrapped(let pipeline): append(pipeline)
        }
    }

    private mutating func appendOperand(_ scalar: ScalarExpression) {
        if case .constant(let value) = scalar.kind { return appendConstant(value) }
        append("(")
        append(scalar)
        append(")")
    }

    /// Numbers of scalar filters know no `minInt`.
    private mutating func appendConstant(_ value: Static) {
        if style == .reparsable && value == .int(.min) { return append("(-9223372036854775807 - 1)") }
        append(value)
    }

    mutating func append(_ aggregate: Aggregate) {
        append(aggregate.function.rawValue)
        append("(")
        if let argument = aggregate.argument { append(argument) }
        append(")")
    }

    // MARK: - Field expressions

    mutating func append(_ expression: FieldExpression) {
        switch expression.kind {
        case .literal(let value): append(value)
        case .attribute(let attribute): append(attribute)
        case .unary(let op, let operand):
            append(op.text)
            appendOperand(operand)
        case .binary(let op, let lhs, let rhs):
            if style == .reparsable && op.bindsTighterThanPrefix, case .literal(let value) = lhs.kind, value.hasSign {
                // `-7 * .a` would be read as `-(7 * .a)`.
                append("(")
                append(value)
                append(")")
            } else {
                appendOperand(lhs)
            }
            append(" \(op.text) ")
            appendOperand(rhs)
        case .logical(let chain):
            // Every operator but the last makes an operand of what stands before it.
            bytes.append(contentsOf: repeatElement(UInt8(ascii: "("), count: chain.rest.count - 1))
            appendOperand(chain.first)
            for (index, step) in chain.rest.enumerated() {
                append(step.isAnd ? " && " : " || ")
                appendOperand(step.operand)
                if index + 1 < chain.rest.count { append(")") }
            }
        case .nilTest(let test, let operand):
            appendOperand(operand)
            append(test == .exists ? " != nil" : " = nil")
        }
    }

    private mutating func appendOperand(_ expression: FieldExpression) {
        switch expression.kind {
        case .literal, .attribute: append(expression)
        case .unary, .binary, .logical, .nilTest:
            append("(")
            append(expression)
            append(")")
        }
    }

    mutating func append(_ attribute: Attribute) {
        if let intrinsic = attribute.intrinsic { return append(intrinsic.text) }
        if attribute.isOfParent {
            append("parent.")
            insideParent = true
        }
        if attribute.scope != .none {
            append(attribute.scope.rawValue)
            append(".")
            insideParent = false
        } else if !attribute.isOfParent && (style == .reparsable || !attribute.nameBytes.isEmpty) {
            append(".")
        }
        if needsQuotes(attribute) {
            append("\"")
            for byte in attribute.nameBytes {
                if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") { append("\\") }
                bytes.append(byte)
            }
            append("\"")
        } else {
            append(raw: attribute.nameBytes)
        }
    }

    private func needsQuotes(_ attribute: Attribute) -> Bool {
        let name = attribute.nameBytes
        if CanonicalText.needsQuotes(name) { return true }
        guard style == .reparsable else { return false }
        guard let first = name.first else { return true }
        guard attribute.scope == .none else { return false }
        if insideParent && (name.starts(with: "span.".utf8) || name.starts(with: "resource.".utf8)) { return true }
        return !attribute.isOfParent && (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(first)
    }

    static func needsQuotes(_ name: [UInt8]) -> Bool {
        var index = 0
        while index < name.count {
            if name[index] < 0x80 {
                if !UTF8Check.isASCIINameByte(name[index]) || name[index] == UInt8(ascii: "\"") { return true }
                index += 1
            } else {
                let (scalar, length) = UTF8Check.decode(name, index)
                if UTF8Check.isSpace(scalar) { return true }
                index += max(1, length)
            }
        }
        return false
    }
}

/// Makes TraceQL texts at random about what `TraceGenerator` makes.
///
/// The texts parse. Most of them are valid too; who needs that checks, and takes the next one. The same seed gives the same
/// texts.
public struct QueryTextGenerator: Sendable {
    /// The source of chance.
    public var random: SplitMix

    /// A generator.
    public init(seed: UInt64) { random = SplitMix(seed) }

    // MARK: - Queries

    /// Any search.
    public mutating func search() -> String {
        switch random.count(0...9) {
        case 0: return "(\(pipeline(2...3))) \(spansetOperator()) (\(pipeline(1...3)))"
        default: return pipeline(1...3)
        }
    }

    /// A search in which the fate of a span depends on that span alone: the answers of parts of a trace add up.
    public mutating func separableSearch() -> String {
        var text = random.chance(25) ? "{ \(expression(2, .local)) } || { \(expression(2, .local)) }" : localFilter()
        for _ in 0..<random.count(0...2) {
            switch random.count(0...4) {
            case 0: text += " | select(\(attribute(.local)))"
            case 1: text += " | count() > 0"
            default: text += " | \(localFilter())"
            }
        }
        if random.chance(20) { text += " | by(\(operand(1, .local)))" }
        return text
    }

    /// One filter.
    public mutating func filter(isLocal: Bool = false) -> String {
        isLocal ? localFilter() : "{ \(expression(3, .any)) }"
    }

    /// A metrics query with a function that can be computed from parts: `rate`, `count_over_time`, `min_over_time`,
    /// `max_over_time`, `sum_over_time`, `avg_over_time`, `quantile_over_time`, `histogram_over_time`.
    public mutating func metrics() -> String {
        let numbers = ["duration", "span.x", "span.y", ".code"]
        let function =
            switch random.count(0...7) {
            case 0: "count_over_time()"
            case 1: "min_over_time(\(random.pick(numbers)))"
            case 2: "max_over_time(\(random.pick(numbers)))"
            case 3: "sum_over_time(\(random.pick(numbers)))"
            case 4: "avg_over_time(\(random.pick(numbers)))"
            case 5: "quantile_over_time(\(random.pick(numbers)), .5, .9)"
            case 6: "histogram_over_time(\(random.pick(numbers)))"
            default: "rate()"
            }
        let group = [
            "", "", " by (resource.service.name)", " by (name, span.code)", " by (.region)", " by (status, kind)",
        ]
        return "\(localFilter()) | \(function)\(random.pick(group))"
    }

    /// A metrics query whose spans may be those of any search, or whose function looks at the trace around a span.
    public mutating func relatingMetrics() -> String {
        let numbers = ["duration", "span.x", ".code", "traceDuration", "span:childCount"]
        let function =
            switch random.count(0...8) {
            case 0, 1: "count_over_time()"
            case 2: "min_over_time(\(random.pick(numbers)))"
            case 3: "max_over_time(\(random.pick(numbers)))"
            case 4: "sum_over_time(\(random.pick(numbers)))"
            case 5: "avg_over_time(\(random.pick(numbers)))"
            case 6: "quantile_over_time(\(random.pick(numbers)), .5, .9)"
            case 7: "histogram_over_time(\(random.pick(numbers)))"
            default: "rate()"
            }
        if random.chance(10) { return "{ \(expression(1, .local)) } | compare({ \(expression(1, .any)) })" }
        let group = [
            "", "", " by (resource.service.name)", " by (name, span.code)", " by (rootName)",
            " by (rootServiceName, kind)",
            " by (span:childCount)", " by (nestedSetParent)", " by (.tags)",
        ]
        let spans =
            switch random.count(0...3) {
            case 0: "{ \(random.chance(50) ? "true" : condition(.local)) } \(spansetOperator()) { true }"
            case 1: "{ \(condition(.local)) || true } | \(scalarFilter())"
            default: search()
            }
        return "\(spans) | \(function)\(random.pick(group))"
    }

    // MARK: - Pipelines

    private enum Reach { case any, local }

    private mutating func pipeline(_ elements: ClosedRange<Int>) -> String {
        var parts = [random.chance(95) ? spanset(2) : random.pick(["by(.x)", "count() > 1", "select(name)"])]
        for _ in 1..<max(2, random.count(elements)) where random.chance(70) {
            switch random.count(0...9) {
            case 0: parts.append("by(\(operand(1, .any)))")
            case 1: parts.append("select(\(attribute(.any)), \(attribute(.any)))")
            case 2: parts.append("coalesce()")
            case 3, 4, 5: parts.append(scalarFilter())
            default: parts.append(spanset(1))
            }
        }
        if elements.lowerBound > 1 && parts.count == 1 { parts.append(spanset(0)) }
        return parts.joined(separator: " | ")
    }

    private mutating func scalarFilter() -> String {
        let comparison = random.pick(["=", "!=", "<", "<=", ">", ">="])
        switch random.count(0...2) {
        case 0: return "count() \(comparison) \(random.count(0...3))"
        case 1: return "\(random.pick(["avg", "min", "max", "sum"]))(duration) \(comparison) \(duration())"
        default:
            let argument = random.chance(70) ? attribute(.any) : "\(attribute(.any)) + \(number())"
            return "\(random.pick(["avg", "min", "max", "sum"]))(\(argument)) \(comparison) \(number())"
        }
    }

    private mutating func spanset(_ depth: Int) -> String {
        guard depth > 0, random.chance(45) else { return "{ \(expression(2, .any)) }" }
        let left = random.chance(30) ? "(\(spanset(depth - 1)))" : spanset(depth - 1)
        let right = random.chance(30) ? "(\(spanset(depth - 1)))" : spanset(depth - 1)
        return "\(left) \(spansetOperator()) \(right)"
    }

    private mutating func spansetOperator() -> String {
        random.pick([
            "&&", "||", ">", ">>", "<", "<<", "~", "!>", "!>>", "!<", "!<<", "!~", "&>", "&>>", "&<", "&<<", "&~",
        ])
    }

    private mutating func localFilter() -> String { "{ \(expression(2, .local)) }" }

    // MARK: - Expressions

    /// A condition.
    private mutating func expression(_ depth: Int, _ reach: Reach) -> String {
        guard depth > 0 else { return condition(reach) }
        switch random.count(0...15) {
        case 0: return "true"
        case 1: return "!(\(expression(depth - 1, reach)))"
        case 2...4:
            return "(\(expression(depth - 1, reach))) \(random.pick(["&&", "||"])) (\(expression(depth - 1, reach)))"
        case 5...7: return "\(condition(reach)) \(random.pick(["&&", "&&", "||"])) \(condition(reach))"
        case 8: return "\(key(reach)) = 1 || \(key(reach)) = 2"
        case 9:
            let attribute = key(reach)
            let op = random.pick(["=", "=~"])
            return "\(attribute) \(op) \"x\" || \(attribute) \(op) \"y\""
        case 10:
            let attribute = key(reach)
            let op = random.pick(["!=", "!~"])
            return "\(attribute) \(op) \"x\" && \(attribute) \(op) \"y\""
        default: return condition(reach)
        }
    }

    private mutating func condition(_ reach: Reach) -> String {
        let comparison = random.pick(["=", "=", "!=", "<", "<=", ">", ">="])
        switch random.count(0...21) {
        case 0: return "status \(random.pick(["=", "!="])) \(random.pick(["ok", "error", "unset"]))"
        case 1:
            return "kind \(random.pick(["=", "!="])) \(random.pick(["server", "client", "internal", "unspecified"]))"
        case 2: return "name \(random.pick(["=", "!=", "<", "=~", "!~"])) \"\(random.pick(TraceGenerator.names))\""
        case 3: return "duration \(comparison) \(duration())"
        case 4:
            return "resource.service.name \(random.pick(["=", "!=", "=~"])) \"\(random.pick(TraceGenerator.services))\""
        case 5: return "\(key(reach)) \(random.pick(["=", "!="])) nil"
        case 6: return "\(key(reach)) = \(key(reach))"
        case 7: return "\(number()) \(comparison) \(key(reach))"
        case 8: return "\(key(reach)) \(random.pick(["+", "-", "*", "/", "%"])) \(number()) \(comparison) \(number())"
        case 9:
            return "\(key(reach)) \(random.pick(["=~", "!~"])) \"\(random.pick(["x.*", "x|y", "", ".*1", "[a-z]+"]))\""
        case 10: return "\(key(reach)) \(comparison) \"\(random.pick(TraceGenerator.strings))\""
        case 11: return key(reach)
        case 12: return "event:name = \"\(random.pick(["retry", "exception"]))\""
        case 13: return "event.\(random.pick(["x", "level"])) \(random.pick(["= 1", "!= nil", "= true", "= 2"]))"
        case 14: return "link.\(random.pick(["x", "rel"])) \(random.pick(["= 1", "!= nil", "= nil"]))"
        case 15: return "instrumentation:\(random.pick(["name = \"lib\"", "version != \"1\"", "name = \"\""]))"
        case 16: return "event:timeSinceStart \(comparison) \(duration())"
        case 17: return "nestedSetParent < 0"
        case 18 where reach == .any:
            return random.pick([
                "rootName = \"a\"", "rootServiceName != \"web\"", "traceDuration > 100ms", "span:childCount > 0",
                "span:childCount = 0", "nestedSetLeft > 2", "nestedSetParent = 1", "traceDuration <= 1s",
            ])
        case 19: return "\(key(reach)) \(comparison) \(random.pick(["1.0", "2.5", "0.0", "true", "false", "20ms"]))"
        default: return "\(key(reach)) \(comparison) \(number())"
        }
    }

    /// A condition, an attribute or arithmetic.
    private mutating func operand(_ depth: Int, _ reach: Reach) -> String {
        switch random.count(0...4) {
        case 0: return condition(reach)
        case 1: return "\(key(reach)) + \(number())"
        default: return attribute(reach)
        }
    }

    private mutating func key(_ reach: Reach) -> String {
        let key = random.pick(TraceGenerator.keys)
        switch random.count(0...9) {
        case 0...4: return "span.\(key)"
        case 5...7: return ".\(key)"
        case 8: return "resource.\(random.pick(["region", "host", "x", "tags"]))"
        default:
            return random.pick(["instrumentation.lang", "instrumentation.x", "event.x", "link.x", ".service.name"])
        }
    }

    private mutating func attribute(_ reach: Reach) -> String {
        if random.chance(40) {
            let local = [
                "name", "duration", "status", "kind", "resource.service.name", "statusMessage", "event:name",
                "instrumentation:name", "event:timeSinceStart",
            ]
            let traceWide = ["rootName", "traceDuration", "span:childCount", "nestedSetLeft", "nestedSetParent"]
            return random.pick(reach == .any ? local + traceWide : local)
        }
        return key(reach)
    }

    private mutating func number() -> String { random.pick(["0", "1", "2", "-1", "200", "1.0", "2.5", "3"]) }

    private mutating func duration() -> String { random.pick(["0s", "1ms", "10ms", "20ms", "100ms", "150ms", "1s"]) }
}

extension EvaluationState {
    /// The number that an aggregate makes of a spanset; nil if no span has a value.
    mutating func aggregate(
        _ filter: AggregateFilter, _ spans: ContiguousArray<Int32>, _ program: Program, _ table: SpanTable
    ) throws(SearchEvaluator.Failure) -> LoadedValue? {
        guard let argument = filter.argument else { return .int(Int64(spans.count)) }
        var total = Accumulator()
        for span in spans {
            try spend()
            let value = evaluate(argument, Int(span), program, table)
            if case .failure = value { continue }
            if value.isNil { continue }
            switch filter.function {
            case .count, .sum, .avg: total.add(value)
            case .min: if total.isFirst(value) || isBefore(value, total.value, table) { total.value = value }
            case .max: if total.isFirst(value) || isBefore(total.value, value, table) { total.value = value }
            }
        }
        guard total.count > 0 else { return nil }
        if case .avg = filter.function { return total.average }
        return total.value
    }

    /// Numbers by size, other values of one type by their order, and different types by the rank of the type.
    private mutating func isBefore(_ a: LoadedValue, _ b: LoadedValue, _ table: SpanTable) -> Bool {
        if case .int(let x) = a, case .int(let y) = b { return x < y }
        if case .duration(let x) = a, case .duration(let y) = b { return x < y }
        if let x = a.asDouble, let y = b.asDouble { return x < y }
        if a.isText && b.isText {
            if case .boolean(true) = binary(.less, a, b, table) { return true }
            return false
        }
        switch (a, b) {
        case (.boolean(let x), .boolean(let y)): return !x && y
        case (.status(let x), .status(let y)), (.kind(let x), .kind(let y)): return x < y
        case (.array(let x), .array(let y)):
            return rank(elements(x, table)) < rank(elements(y, table))
        default: return rank(a, table) < rank(b, table)
        }
    }

    private func rank(_ value: LoadedValue, _ table: SpanTable) -> Int {
        switch value {
        case .absent, .null, .marker, .failure: 0
        case .int: 1
        case .float: 2
        case .string, .spanID, .traceID: 3
        case .boolean: 4
        case .array(let ref): rank(elements(ref, table))
        case .duration: 9
        case .status: 10
        case .kind: 11
        }
    }

    private func rank(_ elements: ArraySlice<ColumnValue>) -> Int {
        switch elements.first {
        case .int: 5
        case .float: 6
        case .string: 7
        default: 8
        }
    }
}

/// Sums values of the type of the first, and counts them all.
private struct Accumulator {
    var value = LoadedValue.null
    var count = 0
    /// Beside `value`, so that the average of integers is right where their sum wraps.
    private var exact = 0.0

    mutating func isFirst(_ next: LoadedValue) -> Bool {
        count += 1
        return count == 1
    }

    mutating func add(_ next: LoadedValue) {
        count += 1
        switch (value, next) {
        case (.int(let x), .int(let y)):
            value = .int(x &+ y)
            exact += Double(y)
        case (.float(let x), .float(let y)): value = .float(x + y)
        case (.duration(let x), .duration(let y)): value = .duration(x &+ y)
        default:
            guard count == 1 else { return }
            value = next
            if case .int(let first) = next { exact = Double(first) }
        }
    }

    var average: LoadedValue {
        switch value {
        case .int(let sum):
            let fits = exact.magnitude < 0x1p62
            return .float((fits ? Double(sum) : exact) / Double(count))
        case .float(let sum): return .float(sum / Double(count))
        case .duration(let sum): return .duration(sum / Int64(count))
        default: return value
        }
    }
}

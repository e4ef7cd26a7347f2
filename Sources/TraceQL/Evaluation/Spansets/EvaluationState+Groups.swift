extension EvaluationState {
    private struct GroupKey: Hashable {
        var type: UInt8
        var payload: UInt64
    }

    /// Splits a spanset by the value of an expression, in the order in which values come. Spans for which there is no value
    /// are a group; those for which it cannot be evaluated are dropped.
    mutating func grouped(
        _ set: WorkingSpanset, _ node: Int32, _ key: String, _ program: Program, _ table: SpanTable
    ) throws(SearchEvaluator.Failure) -> [WorkingSpanset] {
        var places: [GroupKey: Int] = [:]
        var groups: [WorkingSpanset] = []
        var last: (LoadedValue, Int)?
        for span in set.spans {
            try spend()
            let value = evaluate(node, Int(span), program, table)
            if case .failure = value { continue }
            if let last, last.0 == value {
                groups[last.1].spans.append(span)
                continue
            }
            let groupKey = self.groupKey(value, table)
            if let place = places[groupKey] {
                groups[place].spans.append(span)
                last = (value, place)
            } else {
                places[groupKey] = groups.count
                last = (value, groups.count)
                var group = WorkingSpanset(spans: [span], attributes: set.attributes)
                group.set(SpansetAttribute(key: key, value: self.static(value, table), isGroup: true))
                groups.append(group)
            }
        }
        return groups
    }

    private mutating func groupKey(_ value: LoadedValue, _ table: SpanTable) -> GroupKey {
        switch value {
        case .absent, .null, .marker, .failure: return GroupKey(type: 0, payload: 0)
        case .int(let value): return GroupKey(type: 1, payload: UInt64(bitPattern: value))
        case .float(let value): return GroupKey(type: 2, payload: value.bitPattern)
        case .boolean(let value): return GroupKey(type: 3, payload: value ? 1 : 0)
        case .string(let ref): return GroupKey(type: 4, payload: UInt64(strings.canonicalNumber(ref)))
        case .spanID(let id): return GroupKey(type: 4, payload: UInt64(strings.canonicalNumber(IDText.span(id))))
        case .traceID(let row):
            let text = IDText.trace(traceID(row, table))
            return GroupKey(type: 4, payload: UInt64(strings.canonicalNumber(text)))
        case .duration(let value): return GroupKey(type: 5, payload: UInt64(bitPattern: value))
        case .status(let code): return GroupKey(type: 6, payload: UInt64(code))
        case .kind(let code): return GroupKey(type: 7, payload: UInt64(code))
        case .array(let ref):
            // The content as bytes: a type and eight bytes an element.
            var content: [UInt8] = []
            var type: UInt8 = 0
            for element in elements(ref, table) {
                let key = groupKey(LoadedValue(element), table)
                type = key.type
                withUnsafeBytes(of: key.payload) { content.append(contentsOf: $0) }
            }
            return GroupKey(type: 16 + type, payload: UInt64(strings.canonicalNumber(content)))
        }
    }
}

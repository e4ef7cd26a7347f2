/// A query that parses is printed and read again as the same query, and nothing that is asked of it traps.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ data: UnsafePointer<UInt8>?, _ size: Int) -> CInt {
    // libFuzzer hands `size` bytes at `data` that live until the return; they are copied here.
    let bytes = Array(UnsafeBufferPointer(start: data, count: size))
    if let filter = try? TagFilter.parse(String(decoding: bytes, as: UTF8.self), maxGroups: 100) {
        precondition(filter.groupCount <= 100 && filter.condition != .always, "filters nothing: \(filter)")
        _ = filter.spansetFilter.expression.description
    }
    guard let query = try? Query.parse(utf8: bytes) else { return 0 }
    let text = query.canonicalText()
    let roomy = ParseLimits(maxTextBytes: 1 << 24, maxNestingDepth: 2000, maxTokens: 1 << 22)
    guard let again = try? Query.parse(utf8: text, limits: roomy) else { fatalError("does not parse again: \(query)") }
    precondition(again == query, "reads differently: \(query)")
    precondition(again.canonicalText() == text, "prints differently: \(query)")
    precondition(isValid(query) == isValid(again), "valid once: \(query)")

    // The text of a rewritten query need not parse; that of one without anything to rewrite does.
    let (rewritten, count) = query.orToIn()
    precondition(count > 0 || rewritten == query, "rewritten without a reason: \(rewritten)")

    _ = query.canonicalText(.tempo)
    _ = rewritten.canonicalText(.tempo)
    _ = query.storageConditions
    let necessary = query.necessaryConditions
    _ = necessary.span.expression.description
    _ = necessary.span.spanLocal
    _ = query.federationClass
    _ = query.candidatePlan
    evaluate(query)
    return 0
}

/// A small trace: a parent with two children, one of them with lists, an event and a link, and an orphan.
private func evaluate(_ query: Query) {
    guard let evaluator = try? SearchEvaluator(query) else { return }
    let strings = StringInterner()
    var table = SpanTable(evaluator.projection, dictionary: strings)
    let resource = table.appendResource()
    table.setResourceAttribute(0, .string(strings.intern("shop")))
    let scope = table.appendScope(name: strings.intern("lib"), version: nil)
    for index in 0..<4 {
        table.appendSpan(
            SpanTable.Span(
                id: SpanTable.SpanID(UInt64(index + 1)),
                parentID: index == 0 ? .none : SpanTable.SpanID(index == 3 ? 99 : 1), startUnixNano: UInt64(index),
                endUnixNano: index == 2 ? 0 : 10, kind: UInt8(index), status: UInt8(index % 3),
                name: strings.intern("n\(index)"), resource: resource, scope: scope))
        for slot in evaluator.projection.span.indices {
            let values: [ColumnValue] = [
                .int(Int64(slot)), .int(.min), .float(.nan), .boolean(true), .string(strings.intern("x")), .unusable,
                table.array([.int(1), .int(0)]),
                table.array([.string(strings.intern("x")), .string(strings.intern("y"))]),
            ]
            table.setSpanAttribute(slot, values[(slot + 3 * index) % values.count])
        }
        if index == 1 {
            table.appendEvent(name: strings.intern("e"), timeUnixNano: 5)
            for slot in evaluator.projection.event.indices { table.setEventAttribute(slot, .int(Int64(slot))) }
            table.appendLink(traceID: SpanTable.TraceID(high: 0, low: 1), spanID: SpanTable.SpanID(2))
        }
    }
    var state = EvaluationState()
    guard let spansets = try? evaluator.evaluate(table, &state) else { return }
    for spanset in spansets {
        precondition(!spanset.spans.isEmpty && Set(spanset.spans).count == spanset.spans.count, "spans: \(query)")
        for span in spanset.spans { _ = evaluator.reportedAttributes(ofSpan: Int(span), in: table, &state) }
    }
}

private func isValid(_ query: Query) -> Bool {
    do {
        try query.validate()
        return true
    } catch {
        return false
    }
}

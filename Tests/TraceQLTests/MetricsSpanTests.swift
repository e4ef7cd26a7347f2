import Foundation
import TestSupport
import Testing
import TraceQL

/// Recorded metrics queries computed from their spans.
@Suite(.computeThreads) struct MetricsSpanTests {
    @Test func answersAreAsRecorded() throws {
        let departures = try MetricsDeparture.all(.spans)
        var unused = Set(departures.keys)
        var count = 0
        for one in try MetricsCase.all() {
            guard let spans = one.spans else { continue }
            count += 1
            let metrics = try one.metricsQuery()
            let result = metrics.finish(try Self.gather(metrics, spans))
            let recorded = MetricsComparison.difference(
                Self.withoutExemplars(result), Self.withoutExemplars(one.final.map(\.series)), one.status, one.message,
                of: one)
            guard let departure = departures[one.name] else {
                #expect(recorded == nil, "\(one.name)")
                continue
            }
            unused.remove(one.name)
            #expect(recorded != nil, "\(one.name) is listed as a departure and does not differ")
            let ours = MetricsComparison.difference(
                Self.withoutExemplars(result), departure.series.map(\.series), departure.status, departure.message,
                of: one)
            #expect(ours == nil, "\(one.name)")
        }
        #expect(unused.isEmpty)
        #expect(count >= 172)
    }

    /// Exemplars of every function: each trace once, at the start of a span that counted, with the value of that span or,
    /// once finished, of the series. (What is recorded has starts rounded up to 15 s.)
    @Test func exemplarsShowSpansThatCounted() throws {
        var count = 0
        for one in try MetricsCase.all() where one.exemplars > 0 {
            guard let spans = one.spans else { continue }
            let metrics = try one.metricsQuery()
            let result = metrics.finish(try Self.gather(metrics, spans))
            let all = result.series.flatMap(\.exemplars)
            #expect(all.count <= one.exemplars, "\(one.name)")
            if one.final.contains(where: { $0.exemplars?.isEmpty == false }) { #expect(!all.isEmpty, "\(one.name)") }
            for exemplar in all {
                count += 1
                let trace = exemplar.labels.first { $0.name == "trace:id" }?.value
                let shown = spans.filter {
                    .string($0.trace) == trace && Int64($0.start / 1_000_000) == exemplar.timestampMilliseconds
                }
                #expect(shown.count == 1, "\(one.name)")
                #expect(exemplar.value.isFinite, "\(one.name)")
                let duration = exemplar.labels.first { $0.name == "duration" }?.value
                if one.q.hasPrefix("{} | max_over_time(duration)"), let span = shown.first {
                    #expect(exemplar.value == Double(span.durationNanos) / 1e9)
                    #expect(duration != nil)
                }
            }
            let traces = all.compactMap { $0.labels.first { $0.name == "trace:id" }?.value }
            #expect(Set(traces).count == traces.count, "\(one.name)")
        }
        #expect(count >= 40)
    }

    /// Traces may be divided among accumulators at will.
    @Test func gatheringInPartsIsTheSame() throws {
        for one in try MetricsCase.all() {
            guard let spans = one.spans else { continue }
            let metrics = try one.metricsQuery()
            let whole = metrics.finish(try Self.gather(metrics, spans))
            let traces = Set(spans.map { "\($0.tenant ?? 0) \($0.trace)" }).sorted()
            var gathered = metrics.emptyPartials()
            for trace in traces.reversed() {
                gathered.merge(
                    try Self.gather(metrics, spans.filter { "\($0.tenant ?? 0) \($0.trace)" == trace }))
            }
            let difference = MetricsComparison.difference(
                metrics.finish(gathered).series, whole.series, tolerance: 1e-15)
            #expect(difference == nil, "\(one.name)")
        }
    }

    /// The selection is told by the filter even where the pipeline groups by it, or by something else, before.
    @Test func groupsBeforeACompareDoNotMatter() throws {
        let one = try #require(try MetricsCase.all().first { $0.name == "compare" })
        let spans = try #require(one.spans)
        func answer(_ text: String) throws -> [MetricsSeries] {
            let metrics = try MetricsQuery(Query.parse(text), range: try one.range())
            return metrics.finish(try Self.gather(metrics, spans)).series
        }
        let filter = "{ status = error || status = ok && kind = server }"
        let plain = try answer("{} | compare(\(filter))")
        #expect(plain.contains { $0.labels.first?.value == .string("selection") })
        #expect(plain.contains { $0.labels.first?.value == .string("baseline") })
        for groups in [
            "by(status = error || status = ok && kind = server) | by(name)", "by(kind = server)", "by(span.size)",
        ] {
            let answer = try answer("{} | \(groups) | compare(\(filter))")
            #expect(MetricsComparison.difference(answer, plain, tolerance: 0) == nil, "\(groups)")
        }
    }

    // MARK: - Spans

    static func withoutExemplars(_ series: [MetricsSeries]) -> [MetricsSeries] {
        series.map { MetricsSeries(labels: $0.labels, samples: $0.samples) }
    }

    static func withoutExemplars(_ result: MetricsResult) -> MetricsResult {
        MetricsResult(
            series: withoutExemplars(result.series), isPartial: result.isPartial, message: result.message)
    }

    /// What every tenant of a case gathers on its own, merged.
    static func gather(_ metrics: MetricsQuery, _ spans: [MetricsCaseSpan]) throws -> MetricsPartials {
        var gathered = metrics.emptyPartials()
        for tenant in Set(spans.map { $0.tenant ?? 0 }).sorted() {
            let own = spans.filter { ($0.tenant ?? 0) == tenant }
            for leaf in metrics.leaves.indices {
                let evaluator = try MetricsEvaluator(metrics, leaf: leaf)
                var accumulator = MetricsAccumulator(evaluator)
                let strings = StringInterner()
                var table = SpanTable(evaluator.projection, dictionary: strings)
                for trace in Set(own.map(\.trace)).sorted() {
                    fill(&table, own.filter { $0.trace == trace }, strings)
                    try accumulator.observe(table)
                }
                gathered.leaves[leaf].merge(accumulator.partial())
            }
        }
        return gathered
    }

    /// One trace as a table.
    static func fill(_ table: inout SpanTable, _ spans: [MetricsCaseSpan], _ strings: StringInterner) {
        let projection = table.projection
        table.removeAll()
        table.traceID = SpanTable.TraceID(bytes(spans.first?.trace ?? ""))
        for span in spans {
            let resource = table.appendResource()
            var attributes = span.resource ?? [:]
            attributes["service.name"] = WireValue(span.service)
            for (key, value) in attributes {
                let column = value.column(&table, strings)
                if let slot = projection.resource.firstIndex(of: Array(key.utf8)) {
                    table.setResourceAttribute(slot, column)
                }
                table.listResourceAttribute(key: strings.intern(key), column)
            }
            let kinds = ["unspecified", "internal", "server", "client", "producer", "consumer"]
            let statuses = ["unset", "ok", "error"]
            table.appendSpan(
                SpanTable.Span(
                    id: SpanTable.SpanID(bytes: bytes(span.id)),
                    parentID: span.parent.map { SpanTable.SpanID(bytes: bytes($0)) } ?? .none,
                    startUnixNano: span.start, endUnixNano: span.start + span.durationNanos,
                    kind: UInt8(kinds.firstIndex(of: span.kind ?? "") ?? 0),
                    status: UInt8(statuses.firstIndex(of: span.status ?? "") ?? 0), name: strings.intern(span.name),
                    statusMessage: span.statusMessage.map { strings.intern($0) }, resource: resource))
            for (key, value) in span.attributes ?? [:] {
                let column = value.column(&table, strings)
                if let slot = projection.span.firstIndex(of: Array(key.utf8)) { table.setSpanAttribute(slot, column) }
                table.listSpanAttribute(key: strings.intern(key), column)
            }
        }
    }

    private static func bytes(_ hexadecimal: String) -> [UInt8] {
        var number = UInt64(hexadecimal, radix: 16) ?? 0
        var bytes: [UInt8] = []
        for _ in 0..<8 {
            bytes.insert(UInt8(number & 0xFF), at: 0)
            number >>= 8
        }
        return bytes
    }
}

extension WireValue {
    init(_ text: String) { stringValue = text }

    func column(_ table: inout SpanTable, _ strings: StringInterner) -> ColumnValue {
        if let stringValue { return .string(strings.intern(stringValue)) }
        if let intValue { return .int(intValue.number) }
        if let doubleValue { return .float(doubleValue.number) }
        if let boolValue { return .boolean(boolValue) }
        let elements = (arrayValue?.values ?? []).map { $0.column(&table, strings) }
        return table.array(elements)
    }
}

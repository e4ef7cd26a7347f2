import TempoAPI
import TenantFederation

/// What comparing the clocks of three targets costs beside merging their parts of a trace, on one core.
enum ClockBenchmark {
    static func run(spansPerTarget: Int) throws {
        let parts = try crossing(spansPerTarget)
        let inputBytes = parts.reduce(0) { $0 + $1.count }
        print("\nclocks of 3 x \(spansPerTarget) spans, every third below a span of another target, one core")

        var sink = 0
        func measure(_ clocks: ClockSkewOptions?) throws -> Measurement {
            try Measurement {
                for chunk in try merge(parts, clocks).protobufResponse() { sink &+= chunk.count }
            }
        }
        let plain = try measure(nil)
        let detecting = try measure(ClockSkewOptions())
        let adjusting = try measure(ClockSkewOptions(maxAdjustment: 1_000_000_000))
        let report = try merge(parts, ClockSkewOptions(maxAdjustment: 1_000_000_000)).clockSkew

        func line(_ name: String, _ measured: Measurement, _ note: String = "") {
            Report.line(name, Report.number(measured.megabytesPerSecond(inputBytes)) + " MB/s", note)
        }
        func ratio(_ measured: Measurement) -> String {
            "\(Report.number(measured.seconds / plain.seconds, digits: 2)) x merging alone"
        }
        line("merging alone", plain)
        line("detect-only", detecting, ratio(detecting))
        line("adjust", adjusting, ratio(adjusting) + "; \(report?.shifts.count ?? 0) targets shifted")
        if sink == 0 { print("nothing was measured") }
    }

    private static func merge(_ parts: [[UInt8]], _ clocks: ClockSkewOptions?) throws -> MergedTrace {
        var combiner = TraceCombiner(options: TraceCombiner.Options(clockSkew: clocks))
        for (rank, part) in parts.enumerated() {
            try combiner.fold(part, from: PartOrigin(tenantRank: 0, targetRank: rank))
        }
        return combiner.finish()
    }

    /// The parts of the merge's benchmark, but every third span is a server of the next target's client, which is 100 ms behind.
    private static func crossing(_ spanCount: Int) throws -> [[UInt8]] {
        var responses = try SyntheticTrace.tenants.map { tenant in
            try TraceByIDResponse.decode(protobuf: SyntheticTrace.response(tenant: tenant, spanCount: spanCount))
        }
        func change(_ target: Int, _ body: (Int, inout TraceSpan) -> Void) {
            guard var trace = responses[target].trace else { return }
            var number = 0
            for batch in trace.resourceSpans.indices {
                for scope in trace.resourceSpans[batch].scopeSpans.indices {
                    for span in trace.resourceSpans[batch].scopeSpans[scope].spans.indices {
                        body(number, &trace.resourceSpans[batch].scopeSpans[scope].spans[span])
                        number += 1
                    }
                }
            }
            responses[target].trace = trace
        }
        var clients: [[TraceSpan]] = [[], [], []]
        for target in 0..<3 {
            change(target) { number, span in
                let ahead = UInt64(target) * 100_000_000
                span.startTimeUnixNano += ahead
                span.endTimeUnixNano += ahead
                if number % 3 == 1 { span.kind = .client }
                clients[target].append(span)
            }
        }
        for target in 0..<3 {
            change(target) { number, span in
                guard number % 3 == 0, number + 1 < clients[(target + 1) % 3].count else { return }
                let client = clients[(target + 1) % 3][number + 1]
                let gap = 100_000_000 * Int64((target + 1) % 3 - target)
                let start = UInt64(Int64(client.startTimeUnixNano) - gap)
                span.kind = .server
                span.parentSpanID = client.spanID
                span.startTimeUnixNano = start + 1_000_000
                span.endTimeUnixNano = start + 4_000_000
            }
        }
        return responses.map(\.protobuf)
    }
}

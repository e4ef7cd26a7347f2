import TempoAPI
import Testing

@testable import QueryFrontend

struct DemoTraceTests {
    private static let start: UInt64 = 1_700_000_000_000_000_000

    private func visits(seed: UInt64, _ count: Int) -> [DemoTrace] {
        var random = DemoRandom(seed: seed)
        return (0..<count).map { _ in DemoTrace(DemoShop.visit(&random), start: Self.start, random: &random) }
    }

    @Test func `the same seed gives the same traces`() {
        let one = visits(seed: 3, 50)
        let two = visits(seed: 3, 50)
        #expect(one.map { $0.spans.map(\.span) } == two.map { $0.spans.map(\.span) })
        #expect(visits(seed: 4, 1)[0].id != one[0].id)
    }

    @Test func `traces are sound: one root, known parents, ids of their own, times in order`() {
        for trace in visits(seed: 1, 300) {
            let spans = trace.spans.map(\.span)
            let ids = Set(spans.map(\.spanID))
            #expect(ids.count == spans.count)
            #expect(spans.filter(\.parentSpanID.isEmpty).count == 1)
            #expect(spans.allSatisfy { $0.parentSpanID.isEmpty || ids.contains($0.parentSpanID) })
            #expect(spans.allSatisfy { $0.traceID == trace.id && $0.startTimeUnixNano <= $0.endTimeUnixNano })
            #expect(spans.map(\.startTimeUnixNano).min() == Self.start)
            #expect(spans.map(\.endTimeUnixNano).max() == trace.end)
            for span in spans {
                #expect(
                    span.events.allSatisfy {
                        $0.timeUnixNano >= span.startTimeUnixNano && $0.timeUnixNano <= span.endTimeUnixNano
                    })
            }
            let parts = DemoService.tenants.compactMap { trace.export(tenant: $0) }
            let exported = parts.flatMap(\.resourceSpans).flatMap(\.scopeSpans).flatMap(\.spans)
            #expect(exported.count == spans.count)
        }
    }

    @Test func `there is something to find: errors, retries, events, links, and all three tenants in one trace`() {
        let traces = visits(seed: 1, 300)
        let spans = traces.flatMap { $0.spans.map(\.span) }
        let share = Double(traces.filter { $0.spans.contains { $0.span.status?.code == .error } }.count) / 300
        #expect((0.03...0.3).contains(share))
        #expect(spans.contains { span in span.events.contains { $0.name == "retry" } })
        #expect(spans.contains { !$0.links.isEmpty })
        #expect(Set(spans.map(\.kind)) == [.internal, .server, .client, .producer, .consumer])
        #expect(traces.contains { trace in DemoService.tenants.allSatisfy { trace.export(tenant: $0) != nil } })
        var random = DemoRandom(seed: 9)
        let showpiece = DemoTrace(DemoShop.showpiece(&random), start: Self.start, random: &random)
        #expect(DemoService.tenants.allSatisfy { showpiece.export(tenant: $0) != nil })
        #expect(showpiece.spans.contains { $0.span.status?.message == "deadline exceeded" })
    }

    @Test func `the questions name what is asked and where`() {
        let text = Demo.questions(traceID: "abc", base: "http://127.0.0.1:1", receiver: "http://127.0.0.1:2")
        #expect(text.contains("curl -H 'X-Scope-OrgID: foo|bar|baz' http://127.0.0.1:1/api/v2/traces/abc\n"))
        #expect(text.contains("http://127.0.0.1:2/v1/traces"))
        #expect(!Demo.questions(traceID: "abc", base: "http://x", receiver: nil).contains("v1/traces"))
    }
}

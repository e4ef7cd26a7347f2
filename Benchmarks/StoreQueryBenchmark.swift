import Foundation
import TempoAPI
import TraceQL
import TraceStore

/// Questions to the embedded store, beside a plain scan of as many bytes on the same machine.
enum StoreQueryBenchmark {
    private static let tenant = "shop"

    static func run(spans wanted: Int = 1_000_000) async throws {
        let folder = NSTemporaryDirectory() + "store-query-benchmark-" + UUID().uuidString
        defer { try? FileManager.default.removeItem(atPath: folder) }
        var configuration = TraceStoreConfiguration(path: folder)
        configuration.maxHeadSpans = .max
        configuration.maxHeadBytes = .max
        configuration.maxUnsealedBytes = .max
        let start: UInt64 = 1_800_000_000_000_000_000
        let store = try TraceStore(configuration: configuration, clock: { start }, report: { _ in })
        var generator = ShopTraces(seed: 1)
        var spans = 0
        while spans < wanted {
            let request = generator.request(spans: 5000, team: tenant)
            _ = try await store.push(request.body, encoding: .protobuf, tenant: tenant)
            spans += request.spans
        }
        print("\nquestions to the embedded store, one core, one tenant of \(spans) spans in memory")
        try measure(store, spans)
        await store.sealHeads()
        print("\nthe same, sealed")
        try measure(store, spans)
    }

    private static func measure(_ store: TraceStore, _ spans: Int) throws {
        // The floor: as many attribute ids as the spans have, read one after the other and compared.
        let plain = [UInt32](unsafeUninitializedCapacity: spans * 6) { buffer, count in
            for index in 0..<spans * 6 {
                buffer.initializeElement(at: index, to: UInt32(truncatingIfNeeded: index % 997))
            }
            count = spans * 6
        }
        var sink = 0
        let floor = Measurement(minimumSeconds: 0.5) {
            var found = 0
            plain.withUnsafeBufferPointer { for value in $0 where value == 996 { found &+= 1 } }
            sink &+= found
        }
        line("plain scan of six ids a span", floor, spans, floor, "")

        for (text, wish) in [
            (#"{ span.http.method = "nosuch" }"#, "wanted 10"), (#"{ span.ratio > 2.0 }"#, "wanted 10"),
            (#"{ span.region = "eu" && span.http.status_code = 999 }"#, "wanted 10"),
            (#"{ duration > 10s }"#, "wanted 10"), (#"{ name = "nosuch" }"#, "wanted 10"),
            (#"{ resource.service.name = "nosuch" }"#, "wanted 10"), (#"{ event.n = 77 }"#, "wanted 10"),
            (#"{ span.region = "eu" }"#, "limit 20: the newest decide"),
            (#"{ resource.service.name = "frontend" } !>> { true } | count() > 100000"#, "wanted 2"),
            (#"{ } | count() > 100000"#, "wanted 2"),
            (#"{ kind = server } >> { kind = client } | count() > 100000"#, "wanted 2"),
            (#"{ span.region = "eu" } | by(span.http.method) | count() > 100000"#, "wanted 2"),
        ] {
            let request = StoreSearchRequest(.query(try Query.parse(text)))
            let time = try Measurement(minimumSeconds: 0.5, minimumRuns: 3) {
                sink &+= try store.search(request, tenant: tenant).traces.count
            }
            line(text, time, spans, floor, wish)
        }
        for (name, request) in [("names of tags", StoreTagsRequest())] {
            let time = try Measurement(minimumSeconds: 0.5, minimumRuns: 3) {
                sink &+= try store.tagNames(request, tenant: tenant).scopes.count
            }
            line(name, time, spans, floor, "")
        }
        for (name, filter) in [("values of a tag", ""), ("values of a tag, filtered", "{ status = error }")] {
            let request = StoreTagValuesRequest(
                name: .attribute(Attribute(.span, "http.method")), filter: filter)
            let time = try Measurement(minimumSeconds: 0.5, minimumRuns: 3) {
                sink &+= try store.tagValues(request, tenant: tenant).tagValues.count
            }
            line(name, time, spans, floor, "")
        }
        let scan = try Measurement(minimumSeconds: 0.5, minimumRuns: 3) {
            try store.scan(Projection(), tenant: tenant) { sink &+= $0.count }
        }
        line("every trace as a table", scan, spans, floor, "")
        if sink == 0 { print("nothing was measured") }
    }

    private static func line(
        _ name: String, _ time: Measurement, _ spans: Int, _ floor: Measurement, _ wish: String
    ) {
        let rate = Double(spans) / time.seconds / 1e6
        let ratio = time.seconds / floor.seconds
        Report.line(
            name, Report.number(rate, digits: 2) + " M/s",
            "spans; \(Report.number(ratio, digits: 1)) x the plain scan" + (wish.isEmpty ? "" : "; " + wish))
    }
}

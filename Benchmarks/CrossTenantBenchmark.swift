import Foundation
import HTTPTransport
import QueryFrontend
import Synchronization
import TempoAPI
import TraceQL

/// A search that relates spans of three tenants of the embedded store, beside the search that each tenant answers alone and
/// beside fetching the same traces by their ids.
enum CrossTenantBenchmark {
    private static let tenants = ["left", "middle", "right"]
    private static let everyone = tenants.joined(separator: "|")
    private static let candidates = 50
    private static let query = "{ span.pick = 1 } >> { span.pick = 2 }"
    /// Unix seconds.
    private static let start: UInt64 = 1_795_000_000
    private static let window = "start=\(start - 10)&end=\(start + 100)"

    /// Log lines, which tell sub-requests and bytes.
    private final class Lines: LogSink {
        private let last = Mutex("")
        func write(_ line: [UInt8]) {
            let text = String(decoding: line, as: UTF8.self)
            if text.contains("query stats") { last.withLock { $0 = text } }
        }

        func number(_ name: String) -> Int {
            let text = last.withLock { $0 }
            guard let range = text.firstRange(of: " \(name)=") else { return 0 }
            return Int(text[range.upperBound...].prefix { $0.isNumber }) ?? 0
        }
    }

    private struct Answer {
        var body: [UInt8]
        var subRequests: Int
        var bytes: Int
    }

    private struct Then: WallClock {
        let unixNanoseconds = Int64(CrossTenantBenchmark.start + 1000) * 1_000_000_000
    }

    private struct House: Sendable {
        let service: FrontendService
        let lines: Lines

        func get(_ target: String, tenants: String = CrossTenantBenchmark.everyone) async throws -> Answer {
            let response = await service.respond(
                to: HTTPServerRequest(
                    method: "GET", target: target,
                    fields: HTTPFields([("X-Scope-OrgID", tenants), ("Accept", "application/protobuf")])))
            var body: [UInt8] = []
            switch response.body {
            case .bytes(let bytes): body = bytes
            case .stream(_, let produce):
                let buffer = HTTPBodyBuffer(limit: 1 << 30)
                try await produce(buffer)
                body = buffer.bytes
            }
            guard response.status == 200 else { throw Failure(text: String(decoding: body, as: UTF8.self)) }
            return Answer(
                body: body, subRequests: lines.number("sub_requests"), bytes: lines.number("upstream_bytes"))
        }
    }

    private struct Failure: Error { var text: String }

    static func run() async throws {
        let folder = NSTemporaryDirectory() + "cross-tenant-benchmark-" + UUID().uuidString
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let configuration = try Self.configuration(folder, more: "")
        let overrides = configuration.overridesStore()
        let lines = Lines()
        let logger = Logger(level: .info, sink: lines)
        let store = EmbeddedStore(
            configuration: configuration.configuration, overrides: overrides, logger: logger, clock: Then())
        try await store.open()
        let group = try EventLoopGroup(loopCount: 1)
        defer { group.shutdown() }
        func house(_ loaded: LoadedConfiguration) -> House {
            let service = FrontendService(
                configuration: loaded.configuration, overrides: overrides, store: store, group: group, logger: logger,
                metrics: FrontendMetrics(), clock: Then())
            service.phase = .running
            return House(service: service, lines: lines)
        }
        let receiver = OTLPReceiver(
            configuration: configuration.configuration, overrides: overrides, store: store, logger: logger,
            metrics: FrontendMetrics())
        let ids = try await push(to: receiver)
        let whole = house(configuration)
        let alone = house(
            try Self.configuration(folder, more: "federation: {cross_tenant_evaluation: {enabled: false}}"))
        print("\n\(candidates) candidate traces of 100 spans among 500, three tenants of the embedded store")
        try await measure(whole, alone, ids)
    }

    private static func configuration(_ folder: String, more: String) throws -> LoadedConfiguration {
        let text = """
            multitenancy_enabled: true
            storage: {trace: {local: {path: '\(folder)'}}}
            overrides: {defaults: {compaction: {block_retention: 0s}}}
            \(more)
            """
        return try ConfigurationLoader.load(
            try CommandLineOptions.parse(["-config.file=main"]), environment: [:],
            readFile: { (_: String) throws(FileReadError) in Array(text.utf8) })
    }

    private static func measure(_ whole: House, _ alone: House, _ ids: [String]) async throws {
        let path = { (query: String) -> String in
            let text = query.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? ""
            return "/api/search?limit=\(candidates)&\(window)&q=\(text)"
        }
        let plain = try await best { try await alone.get(path(query)) }
        let separable = try await best { try await whole.get(path("{ span.pick = 1 }")) }
        let related = try await best { try await whole.get(path(query)) }
        var fetchedBytes = 0
        var fetchRequests = 0
        var sample: [UInt8] = []
        for id in ids {
            let answer = try await whole.get("/api/v2/traces/\(id)")
            fetchedBytes += answer.bytes
            fetchRequests += answer.subRequests
            sample = answer.body
        }
        // As many at once as the search fetches.
        let fetched = try await best {
            try await withThrowingTaskGroup(of: Int.self) { group in
                var sum = 0
                for (index, id) in ids.enumerated() {
                    if index >= 5 { sum += try await group.next() ?? 0 }
                    group.addTask { try await whole.get("/api/v2/traces/\(id)").body.count }
                }
                for try await size in group { sum += size }
                return Answer(body: [], subRequests: fetchRequests, bytes: fetchedBytes)
            }
        }
        line("inside each tenant, which finds nothing", plain, fetched.seconds)
        line("a separable search of as many traces", separable, fetched.seconds)
        line("(b) the traces by their ids", fetched, fetched.seconds)
        line("the search that relates spans", related, fetched.seconds)
        let traces = try SearchResponse.decode(protobuf: related.answer.body).traces
        guard traces.count == candidates else { throw Failure(text: "\(traces.count) traces were found") }

        let trace = try TraceByIDResponse.decode(protobuf: sample).trace ?? Trace()
        let bytes = trace.protobuf
        for text in [query, "{ } | count() > 5", "{ span.http.method = \"GET\" } | by(name) | count() > 1"] {
            let evaluator = try TraceEvaluator(Query.parse(text), spansPerSpanSet: 3, window: nil)
            var matches = 0
            let time = Measurement(minimumSeconds: 0.5) {
                for _ in 0..<100 {
                    if case .success(.some) = evaluator.evaluate(bytes, traceID: [UInt8](repeating: 1, count: 16)) {
                        matches += 1
                    }
                }
            }
            Report.line(
                "from bytes to a verdict, one core", Report.number(10_000 / time.seconds / 1e6, digits: 2) + " M/s",
                "spans, \(bytes.count / 100) bytes each; \(text)\(matches == 0 ? ", no match" : "")")
        }
    }

    private static func best(
        _ work: () async throws -> Answer
    ) async throws -> (seconds: Double, answer: Answer) {
        let clock = ContinuousClock()
        var answer = try await work()
        var best = Double.infinity
        for _ in 0..<20 {
            let start = clock.now
            answer = try await work()
            best = min(best, (clock.now - start) / .seconds(1))
        }
        return (best, answer)
    }

    private static func line(_ name: String, _ result: (seconds: Double, answer: Answer), _ floor: Double) {
        Report.line(
            name, Report.number(result.seconds * 1000, digits: 2) + " ms",
            "\(Report.number(result.seconds / floor, digits: 2)) x (b); \(result.answer.subRequests) sub-requests, "
                + "\(result.answer.bytes) bytes")
    }

    // MARK: Data

    /// Traces whose spans go round the tenants; `pick` stands on two spans of every tenth.
    /// - Returns: the ids of those.
    private static func push(to receiver: OTLPReceiver) async throws -> [String] {
        var random = ShopTraces.Numbers(state: 11)
        var ids: [String] = []
        for number in 0..<(candidates * 10) {
            let traceID = (0..<16).map { _ in UInt8.random(in: 1...255, using: &random) }
            let isPicked = number % 10 == 0
            if isPicked { ids.append(traceID.map { String(format: "%02x", $0) }.joined()) }
            var spans: [[TraceSpan]] = [[], [], []]
            var known: [[UInt8]] = []
            for index in 0..<100 {
                let spanID = (0..<8).map { _ in UInt8.random(in: 1...255, using: &random) }
                let begin = start * 1_000_000_000 + UInt64(number) * 10_000_000 + UInt64(index) * 20_000
                var span = TraceSpan(
                    traceID: traceID, spanID: spanID, parentSpanID: index == 0 ? [] : known[index / 3])
                span.name = "work \(index % 7)"
                span.kind = SpanKind(rawValue: Int32(1 + index % 5))
                span.startTimeUnixNano = begin
                span.endTimeUnixNano = begin + 5_000_000
                span.attributes = [
                    KeyValue(key: "http.method", value: .string(["GET", "POST"][index % 2])),
                    KeyValue(key: "http.status_code", value: .int(200)),
                    KeyValue(key: "http.url", value: .string("https://shop.example/items/\(index)")),
                    KeyValue(key: "ratio", value: .double(Double(index) / 100)),
                    KeyValue(key: "region", value: .string(["eu", "us", "ap"][index % 3])),
                    KeyValue(key: "thread.id", value: .int(Int64(index))),
                ]
                if isPicked, index == 0 || index == 98 {
                    span.attributes.append(KeyValue(key: "pick", value: .int(index == 0 ? 1 : 2)))
                }
                known.append(spanID)
                spans[index % 3].append(span)
            }
            for (index, tenant) in tenants.enumerated() {
                let batch = ResourceSpans(
                    resource: Resource(attributes: [KeyValue(key: "service.name", value: .string("of \(tenant)"))]),
                    scopeSpans: [
                        ScopeSpans(scope: InstrumentationScope(name: "gen", version: "1"), spans: spans[index])
                    ])
                let response = await receiver.respond(
                    to: HTTPServerRequest(
                        method: "POST", target: "/v1/traces",
                        fields: HTTPFields([
                            ("X-Scope-OrgID", tenant), ("Content-Type", "application/x-protobuf"),
                        ]), body: HTTPRequestBody(Trace(resourceSpans: [batch]).protobuf)))
                guard response.status == 200 else { throw Failure(text: "a push was answered \(response.status)") }
            }
        }
        return ids
    }
}

import HTTPTransport
import QueryFrontend
import TempoAPI

/// A query whose parts are kept, beside the same query that asks two targets on this machine, which do nothing but send.
enum CacheBenchmark {
    private struct FixedClock: WallClock {
        /// Two hours after the traces of ``SyntheticTrace``.
        let unixNanoseconds: Int64 = 1_795_230_100_000_000_000
    }

    private struct Quiet: LogSink {
        func write(_ line: [UInt8]) {}
    }

    static func run() async throws {
        print("\nkept answers: a query over three tenants of two targets on this machine, six parts")
        let targets = try EventLoopGroup(loopCount: 1)
        let server = HTTPServer(
            configuration: HTTPServer.Configuration(host: "127.0.0.1", port: 0), group: targets, handler: answers())
        let address = try await server.start()
        let group = try EventLoopGroup(loopCount: 1)
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try await server.run() }
            try await withTaskExecutorPreference(group.nextExecutor()) { try await measure(port: address.port, group) }
            server.beginShutdown()
            try await tasks.waitForAll()
        }
        group.shutdown()
        targets.shutdown()
    }

    private static func answers() -> HTTPServer.Handler {
        let spans = 1000
        let trace = Dictionary(
            uniqueKeysWithValues: SyntheticTrace.tenants.map {
                ($0, SyntheticTrace.response(tenant: $0, spanCount: spans))
            })
        let tags = SearchTagsV2Response(
            scopes: [SearchTagsV2Scope(name: "span", tags: (0..<200).map { "some.attribute.\($0)" })]
        ).protobuf
        let series = QueryRangeResponse(
            series: (0..<50).map { number in
                TimeSeries(
                    labels: [KeyValue(key: "resource.service.name", value: .string("service-\(number)"))],
                    samples: (0..<60).map {
                        Sample(timestampMs: 1_795_219_200_000 + Int64($0) * 60_000, value: Double(number &+ $0))
                    })
            }
        ).json
        return { request in
            var fields = HTTPFields()
            let path = request.target
            fields.append("Content-Type", path.hasPrefix("/api/metrics") ? "application/json" : "application/protobuf")
            let body =
                path.hasPrefix("/api/v2/traces")
                ? trace[request.fields["X-Scope-OrgID"] ?? ""] ?? [] : path.hasPrefix("/api/metrics") ? series : tags
            return HTTPResponse(status: 200, fields: fields, body: .bytes(body))
        }
    }

    private static func measure(port: Int, _ group: EventLoopGroup) async throws {
        let text = """
            multitenancy_enabled: true
            federation:
              proxy_targets: [{name: one, url: 'http://127.0.0.1:\(port)'}, {name: two, url: 'http://127.0.0.1:\(port)'}]
              result_cache: {enabled: true}
            """
        let loaded = try ConfigurationLoader.load(
            try CommandLineOptions.parse(["-config.file=main"]), environment: [:],
            readFile: { (path: String) throws(FileReadError) in Array(text.utf8) })
        let metrics = FrontendMetrics()
        let logger = Logger(level: .error, sink: Quiet())
        let service = FrontendService(
            configuration: loaded.configuration, overrides: loaded.overridesStore(metrics: metrics, logger: logger),
            group: group, logger: logger, metrics: metrics, clock: FixedClock())
        service.phase = .running
        let window = "start=1795219200&end=1795222800"
        for (name, target) in [
            ("tags, 200 names a part", "/api/v2/search/tags?\(window)"),
            ("metrics, 50 series x 60 a part", "/api/metrics/query_range?q=%7B%7D%7Crate()by(.a)&step=60s&\(window)"),
            ("trace, 1,000 spans a part", "/api/v2/traces/0123456789abcdef0123456789abcdef"),
        ] {
            let fetched = try await time(service, target, [("Cache-Control", "no-cache")])
            let kept = try await time(service, target, [])
            Report.line("\(name): asked", Report.number(fetched * 1e6) + " us")
            Report.line(
                "\(name): kept", Report.number(kept * 1e6) + " us",
                "1/\(Report.number(fetched / kept, digits: 1)) of asking")
        }
    }

    /// Seconds of the best of some runs, the body written out.
    private static func time(
        _ service: FrontendService, _ target: String, _ fields: [(String, String)]
    ) async throws -> Double {
        let clock = ContinuousClock()
        var best = Double.infinity
        var total = 0.0
        var runs = 0
        let all = HTTPFields([("X-Scope-OrgID", "red|green|blue"), ("Accept", "application/protobuf")] + fields)
        while total < 1.5 || runs < 20 {
            let started = clock.now
            let response = await service.respond(
                to: HTTPServerRequest(method: "GET", target: target, fields: all, body: HTTPRequestBody([])))
            if case .stream(_, let produce) = response.body {
                try await produce(HTTPBodyBuffer(limit: 64 << 20))
            }
            let elapsed = (clock.now - started) / .seconds(1)
            guard response.status == 200 else {
                print("\(target) was answered with \(response.status)")
                return .nan
            }
            if runs > 0 { best = min(best, elapsed) }
            total += elapsed
            runs += 1
        }
        return best
    }
}

import Testing

@testable import QueryFrontend

struct MetricsRegistryTests {
    private static func text(_ registry: MetricsRegistry) -> String {
        String(decoding: registry.expose(), as: UTF8.self)
    }

    @Test func `families are sorted by name and series by labels`() {
        let registry = MetricsRegistry()
        let b = registry.counter("b_total", "B \\ with\nbreak.", labels: ["x", "y"])
        b.with("2", "1").increment()
        b.with("1", "2").increment(by: 41)
        b.with("1", "2").increment()
        b.with("1", "2").increment(by: -5)
        registry.gauge("a", "A.").with().set(-1.5)
        _ = registry.counter("never_used_total", "No series.", labels: ["x"])
        #expect(
            MetricsRegistryTests.text(registry) == """
                # HELP a A.
                # TYPE a gauge
                a -1.5
                # HELP b_total B \\\\ with\\nbreak.
                # TYPE b_total counter
                b_total{x="1",y="2"} 42
                b_total{x="2",y="1"} 1

                """)
    }

    @Test func `label values are escaped`() {
        let registry = MetricsRegistry()
        registry.counter("c_total", "C.", labels: ["v"]).with("a\"b\\c\nd{é}").increment()
        #expect(MetricsRegistryTests.text(registry).contains("c_total{v=\"a\\\"b\\\\c\\nd{é}\"} 1\n"))
    }

    @Test func `histograms count cumulatively`() {
        let registry = MetricsRegistry()
        let family = registry.histogram("h_seconds", "H.", labels: ["op"], buckets: [0.005, 1, 10])
        let histogram = family.with("x")
        for value in [0.001, 0.005, 0.5, 1, 100] { histogram.observe(value) }
        histogram.observe(.nan)
        histogram.observe(.milliseconds(1500) as Duration)
        #expect(
            MetricsRegistryTests.text(registry) == """
                # HELP h_seconds H.
                # TYPE h_seconds histogram
                h_seconds_bucket{op="x",le="0.005"} 2
                h_seconds_bucket{op="x",le="1"} 4
                h_seconds_bucket{op="x",le="10"} 5
                h_seconds_bucket{op="x",le="+Inf"} 6
                h_seconds_sum{op="x"} 103.006
                h_seconds_count{op="x"} 6

                """)
    }

    @Test func `values beyond a label's bound are counted together`() {
        let registry = MetricsRegistry()
        let family = registry.counter("t_total", "T.", labels: [MetricLabel("tenant", maxValues: 2), "op"])
        for tenant in ["a", "b", "c", "d", "a"] { family.with(tenant, "search").increment() }
        family.with(String(repeating: "x", count: 5000), "search").increment()
        let lines = MetricsRegistryTests.text(registry).split(separator: "\n").dropFirst(2)
        #expect(
            lines == [
                "t_total{tenant=\"_other\",op=\"search\"} 3", "t_total{tenant=\"a\",op=\"search\"} 2",
                "t_total{tenant=\"b\",op=\"search\"} 1",
            ])
    }

    @Test func `a wrong number of label values loses nothing`() {
        let registry = MetricsRegistry()
        let family = registry.counter("w_total", "W.", labels: ["a", "b"])
        family.with("1").increment()
        family.with("1", "2", "3").increment()
        let text = MetricsRegistryTests.text(registry)
        #expect(text.contains("w_total{a=\"1\",b=\"\"} 1\n"))
        #expect(text.contains("w_total{a=\"1\",b=\"2\"} 1\n"))
    }

    @Test func `gauges go both ways and callbacks are asked when exposing`() {
        let registry = MetricsRegistry()
        let gauge = registry.gauge("g", "G.", labels: ["k"]).with("v")
        gauge.increment()
        gauge.add(2.5)
        gauge.decrement()
        registry.gauge("asked", "Asked.", labels: ["k"]) { [(labels: ["b"], value: 2), (labels: ["a"], value: 1)] }
        let text = MetricsRegistryTests.text(registry)
        #expect(text.contains("g{k=\"v\"} 2.5\n"))
        #expect(text.contains("asked{k=\"a\"} 1\nasked{k=\"b\"} 2\n"))
    }

    @Test(
        arguments: [
            (0, "0"), (-3, "-3"), (1e14, "100000000000000"), (0.1, "0.1"), (.infinity, "+Inf"), (-.infinity, "-Inf"),
            (.nan, "NaN"), (1e300, "1e+300"),
        ] as [(Double, String)])
    func `numbers`(_ value: Double, _ text: String) {
        #expect(ExpositionWriter.number(value) == text)
    }

    @Test func `concurrent counting loses nothing`() async {
        let registry = MetricsRegistry()
        let family = registry.counter("p_total", "P.", labels: ["k"])
        let gauge = registry.gauge("q", "Q.").with()
        await withTaskGroup(of: Void.self) { group in
            for index in 0..<8 {
                group.addTask {
                    for _ in 0..<1000 {
                        family.with("\(index % 2)").increment()
                        gauge.increment()
                    }
                }
            }
        }
        #expect(family.with("0").value + family.with("1").value == 8000)
        #expect(gauge.value == 8000)
    }

    @Test func `the frontend's metrics have Tempo's names`() {
        let metrics = FrontendMetrics()
        metrics.queries.with("a|b", "search", "completed").increment()
        metrics.requestDuration.with("GET", "api_search", "200", "false").observe(0.2)
        metrics.upstreamRequests.with("eu", "search", "200").increment()
        metrics.exposeTCPConnections { 3 }
        let build = BuildInformation()
        metrics.setBuildInfo(build)
        let text = MetricsRegistryTests.text(metrics.registry)
        for line in [
            "tempo_query_frontend_queries_total{tenant=\"a|b\",op=\"search\",result=\"completed\"} 1\n",
            "tempo_request_duration_seconds_bucket{method=\"GET\",route=\"api_search\",status_code=\"200\",ws=\"false\",le=\"0.25\"} 1\n",
            "tempo_federation_upstream_requests_total{upstream=\"eu\",op=\"search\",status=\"200\"} 1\n",
            "tempo_build_info{version=\"\(build.tempoVersion)\",revision=\"\(build.name) \(build.version)\",branch=",
            "tempo_tcp_connections{protocol=\"http\"} 3\n", "# TYPE tempo_query_frontend_retries histogram\n",
        ] {
            #expect(text.contains(line), "\(line)")
        }
    }
}

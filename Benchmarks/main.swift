import Foundation

// swift run -c release benchmarks             the merge, queries, regular expressions, series, the trace store
// swift run -c release benchmarks clocks      only comparing the clocks of targets while merging
// swift run -c release benchmarks traceql     only queries and regular expressions
// swift run -c release benchmarks metrics     only series: their merge, and counting spans
// swift run -c release benchmarks evaluation  only searches over traces in memory
// swift run -c release benchmarks store       only the trace store
// swift run -c release benchmarks storequery  questions to the embedded store
// swift run -c release benchmarks tls         HTTP over TLS beside plain HTTP
// swift run -c release benchmarks cache       kept answers beside asking
// swift run -c release benchmarks crosstenant searches that relate spans of several tenants
// swift run -c release benchmarks parts DIR   writes the parts that the end-to-end benchmark serves

let arguments = CommandLine.arguments.dropFirst()
switch arguments.first {
case nil:
    for spans in [1000, 10_000] { try MergeBenchmark.run(spansPerTenant: spans) }
    for spans in [1000, 10_000] { try ClockBenchmark.run(spansPerTarget: spans) }
    try TraceQLBenchmark.run()
    try MetricsBenchmark.run()
    try MetricsSpanBenchmark.run()
    try EvaluationBenchmark.run()
    try await StoreBenchmark.run()
case "clocks":
    for spans in [1000, 10_000] { try ClockBenchmark.run(spansPerTarget: spans) }
case "traceql":
    try TraceQLBenchmark.run()
case "metrics":
    try MetricsBenchmark.run()
    try SeriesBenchmark.run()
    try MetricsSpanBenchmark.run()
case "evaluation":
    try EvaluationBenchmark.run()
case "store":
    try await StoreBenchmark.run()
case "storequery":
    try await StoreQueryBenchmark.run()
case "cache":
    try await CacheBenchmark.run()
case "tls":
    let certificates = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .appendingPathComponent("../Tests/TestSupport/Fixtures/Certificates")
    try await TLSBenchmark.run(certificates: certificates)
case "crosstenant":
    try await CrossTenantBenchmark.run()
case "parts":
    guard let folder = arguments.dropFirst().first else {
        print("usage: benchmarks parts DIR")
        exit(2)
    }
    for tenant in SyntheticTrace.tenants {
        for spans in [30, 1000, 10_000] {
            let url = URL(fileURLWithPath: folder).appendingPathComponent("\(tenant)-\(spans)-v2.pb")
            try Data(SyntheticTrace.response(tenant: tenant, spanCount: spans)).write(to: url)
        }
    }
default:
    print(
        "usage: benchmarks [clocks | traceql | metrics | evaluation | store | storequery | tls | cache | crosstenant | "
            + "parts DIR]")
    exit(2)
}

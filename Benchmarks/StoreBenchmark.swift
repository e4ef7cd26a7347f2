import Foundation
import Synchronization
import TraceStore

/// The trace store: what it takes to store spans, and how much memory they keep.
enum StoreBenchmark {
    static let tenants = (0..<10).map { "tenant-\($0)" }

    /// Export requests of all tenants in turn, 512 spans each.
    struct Requests {
        var bodies: [(tenant: String, body: [UInt8])] = []
        var spans = 0
        var bytes: Int { bodies.reduce(0) { $0 + $1.body.count } }

        init(spans wanted: Int) {
            var traces = ShopTraces(seed: 1)
            while spans < wanted {
                let tenant = tenants[bodies.count % tenants.count]
                let (body, count) = traces.request(spans: 512, team: tenant)
                bodies.append((tenant, body))
                spans += count
            }
        }
    }

    static func run(spans: Int = 1_000_000) async throws {
        let requests = Requests(spans: spans)
        print(
            "Trace store: \(requests.spans) spans in \(requests.bodies.count) requests, \(requests.bytes / requests.spans) bytes a span"
        )
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent(
            "store-benchmark-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: folder) }
        var configuration = TraceStoreConfiguration(path: folder.path)
        configuration.maintenanceInterval = 100_000_000
        let before = ResidentMemory.current() ?? 0
        let store = try TraceStore(
            configuration: configuration,
            clock: { UInt64(Date().timeIntervalSince1970 * 1e9) },
            report: { event in
                if case .storageFailed(let reason) = event { print(reason) }
            })
        let raw = try rawWrites(requests)
        let copied = copies(requests)
        let cpuBefore = cpuSeconds()
        let clock = ContinuousClock()
        let elapsed = try await clock.measure { try await push(requests, to: store) } / .seconds(1)
        let cpu = cpuSeconds() - cpuBefore
        let rate = Double(requests.spans) / elapsed
        Report.line("push, 4 at once, with fsync", Report.number(rate), "spans/s")
        Report.line("  bytes", Report.number(Double(requests.bytes) / 1e6 / elapsed), "MB/s")
        Report.line("  CPU", Report.number(cpu / Double(requests.spans) * 1e9), "ns a span, of all threads")
        Report.line(
            "  against write and fsync of each body", Report.number(raw / elapsed, digits: 2),
            "x, raw \(Report.number(Double(requests.spans) / raw)) spans/s")
        Report.line("  against memcpy of the bodies", Report.number(copied / elapsed, digits: 4), "x")
        let peak = (ResidentMemory.current() ?? 0) - before
        Report.line("resident after the pushes", Report.number(Double(peak) / Double(requests.spans)), "bytes a span")
        let seal = await clock.measure { await store.sealHeads() } / .seconds(1)
        Report.line("sealing and merging the rest", Report.number(seal, digits: 2), "s")
        let sealed = (ResidentMemory.current() ?? 0) - before
        Report.line("resident after sealing", Report.number(Double(sealed) / Double(requests.spans)), "bytes a span")
        let statistics = store.statistics()
        let onDisk = statistics.tenants.values.reduce(0) { $0 + $1.sealedBytes }
        let files = statistics.tenants.values.reduce(0) { $0 + $1.segments }
        Report.line(
            "on disk", Report.number(Double(onDisk) / Double(requests.spans)),
            "bytes a span, \(files) segments, \(statistics.logBytes) bytes of log")
    }

    private static func push(_ requests: Requests, to store: TraceStore) async throws {
        let next = Counter()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<4 {
                group.addTask {
                    while let number = next.take(below: requests.bodies.count) {
                        let request = requests.bodies[number]
                        _ = try await store.push(request.body, encoding: .protobuf, tenant: request.tenant)
                    }
                }
            }
            try await group.waitForAll()
        }
    }

    private static func rawWrites(_ requests: Requests) throws -> Double {
        let url = FileManager.default.temporaryDirectory.appendingPathComponent("store-benchmark-\(UUID().uuidString)")
        _ = FileManager.default.createFile(atPath: url.path, contents: nil)
        defer { try? FileManager.default.removeItem(at: url) }
        let file = try FileHandle(forWritingTo: url)
        defer { try? file.close() }
        return try ContinuousClock().measure {
            for (_, body) in requests.bodies {
                try file.write(contentsOf: body)
                try file.synchronize()
            }
        } / .seconds(1)
    }

    private static func copies(_ requests: Requests) -> Double {
        var target = [UInt8](repeating: 0, count: requests.bodies.map(\.body.count).max() ?? 0)
        return Measurement {
            for (_, body) in requests.bodies {
                target.withUnsafeMutableBytes { target in
                    body.withUnsafeBytes { target.copyMemory(from: $0) }
                }
            }
        }.seconds
    }

    private static func cpuSeconds() -> Double { Double(clock()) / Double(CLOCKS_PER_SEC) }

    private final class Counter: Sendable {
        private let next = Atomic<Int>(0)

        func take(below end: Int) -> Int? {
            let number = next.wrappingAdd(1, ordering: .relaxed).oldValue
            return number < end ? number : nil
        }
    }
}

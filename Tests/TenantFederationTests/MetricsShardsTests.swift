import TenantFederation
import TraceQL
import Testing

struct MetricsShardsTests {
    private static let second: UInt64 = 1_000_000_000
    private static let hour = Int64(3600 * second)

    private static func cut(
        _ start: UInt64, _ end: UInt64, step: UInt64, parts: Int, minimumWidth: Int64 = hour, exemplars: UInt32 = 0
    ) throws -> (range: MetricsRange, shards: [MetricsShard]) {
        let range = try MetricsRange.exact(start: start * second, end: end * second, step: step * second)
        let query = SeriesQuery(
            text: "", start: Int64(range.start) - 7, end: Int64(range.end) - 3, step: Int64(step * second),
            exemplars: exemplars)
        return (range, MetricsShard.cut(query, range: range, parts: parts, minimumWidth: minimumWidth))
    }

    @Test(
        arguments: [
            // start, end, step, parts wanted, how many come
            (0, 86_400, 60, 10, 8), (0, 86_400, 60, 1, 1), (0, 86_400, 60, 2, 1), (1800, 88_200, 60, 2, 2),
            (0, 86_400, 60, 24, 12), (0, 86_400, 7200, 24, 12), (0, 7199, 60, 10, 1), (0, 7200, 60, 10, 2),
            (1800, 9000, 60, 10, 3), (1800, 9000, 60, 2, 2),
        ] as [(UInt64, UInt64, UInt64, Int, Int)])
    func `the parts are the whole, each interval once`(
        _ start: UInt64, _ end: UInt64, _ step: UInt64, _ wanted: Int, _ expected: Int
    ) throws {
        let (range, shards) = try Self.cut(start, end, step: step, parts: wanted, exemplars: 100)
        #expect(shards.count == expected)
        #expect(shards.count <= wanted)
        #expect(shards.first?.range.start == range.start)
        #expect(shards.last?.range.end == range.end)
        #expect(shards.reduce(0) { $0 + $1.range.count } == range.count)
        for (one, next) in zip(shards, shards.dropFirst()) { #expect(one.range.end == next.range.start) }
        for shard in shards.dropFirst().dropLast() {
            #expect(Int64(shard.range.end - shard.range.start) >= Self.hour)
        }
        // What is sent has the client's bounds at its ends.
        #expect(shards.first?.start == Int64(range.start) - 7)
        #expect(shards.last?.end == Int64(range.end) - 3)
        for shard in shards.dropFirst() { #expect(shard.start == Int64(shard.range.start)) }
        for shard in shards.dropLast() { #expect(shard.end == Int64(shard.range.end)) }
        #expect(shards.reduce(0) { $0 + $1.exemplars } >= 100)
    }

    /// A panel of the last day, asked again every minute.
    @Test(arguments: [15, 60, 90, 300, 3600, 7200] as [UInt64])
    func `the parts of a panel that moves stay the same but for its ends`(_ step: UInt64) throws {
        let first: UInt64 = 1_795_200_000
        var earlier: Set<Int64> = []
        for minute in 0..<UInt64(180) {
            // Aligned as a client's bounds are: one interval more or less.
            let start = (first + minute * 60) / step * step
            let end = (first + minute * 60 + 86_400 + step - 1) / step * step
            let (_, shards) = try Self.cut(start, end, step: step, parts: 10)
            let inner = Set(shards.dropFirst().dropLast().map(\.start))
            #expect(inner.count >= 4)
            if minute > 0 { #expect(inner.subtracting(earlier).count <= 1) }
            earlier = inner
        }
    }

    @Test func `bounds that are no whole steps are cut at whole steps from them`() throws {
        let range = try MetricsRange.exact(start: 17, end: 17 + 1000 * 10, step: 10)
        let query = SeriesQuery(text: "", start: 17, end: 10_017, step: 10)
        let shards = MetricsShard.cut(query, range: range, parts: 7, minimumWidth: 100)
        #expect(shards.count > 4)
        #expect(shards.allSatisfy { $0.range.start % 10 == 7 && $0.range.end % 10 == 7 })
        #expect(shards.reduce(0) { $0 + $1.range.count } == 1000)
    }

    @Test(
        arguments: [
            (0, UInt64.max, 1 << 60), (UInt64.max / 2, UInt64.max, 1 << 55), (1, .max, .max / 3),
        ] as [(UInt64, UInt64, UInt64)])
    func `times at the end of all times are cut or not, and never trap`(
        _ start: UInt64, _ end: UInt64, _ step: UInt64
    ) throws {
        let range = try MetricsRange.exact(start: start, end: end, step: step)
        let query = SeriesQuery(text: "", start: 0, end: .max, step: .max)
        for parts in [2, 3, 100] {
            for width in [0, 1, Int64.max] {
                let shards = MetricsShard.cut(query, range: range, parts: parts, minimumWidth: width)
                #expect(shards.reduce(0) { $0 + $1.range.count } == range.count)
            }
        }
    }
}

import TempoAPI
import TestSupport
import Testing

@testable import TenantFederation

/// Traces at random whose members' clocks are known to be apart.
@Suite(.computeThreads) struct ClockSkewPropertyTests {
    private static let maxDelay = 3_000_000

    private func tree(_ seed: UInt64) -> CallTree {
        var samples = TraceSamples(seed: seed ^ 0xC10C)
        return CallTree(
            seed: seed, members: samples.number(2...5), maxOffset: samples.number(0...1) * 400_000_000,
            maxDelay: Self.maxDelay)
    }

    @Test func estimatesAreAsGoodAsTheNetworkAllows() throws {
        var told = 0
        for seed in 0..<200 as Range<UInt64> {
            var tree = tree(seed)
            guard let report = try MemberPart.merge(tree.parts(), clockSkew: ClockSkewOptions()).clockSkew
            else { continue }
            for pair in report.pairs {
                #expect(!pair.isContradictory)
                guard pair.exchanges > 0, let offset = pair.offset else { continue }
                told += 1
                // A way there of nothing and a longest way back are wrong by half of it.
                let error = offset - (tree.offsets[pair.second] - tree.offsets[pair.first])
                #expect(error.magnitude <= UInt64(Self.maxDelay / 2 + 1), "seed \(seed)")
            }
        }
        #expect(told > 200)
    }

    @Test func rightClocksAreNotSuspected() throws {
        var compared = 0
        for seed in 0..<60 as Range<UInt64> {
            var tree = CallTree(seed: seed, members: 3, maxOffset: 0, maxDelay: Self.maxDelay)
            let parts = tree.parts()
            let adjusted = try MemberPart.merge(parts, clockSkew: ClockSkewOptions(maxAdjustment: 1_000_000_000))
            guard let report = adjusted.clockSkew else { continue }
            compared += report.pairs.count
            #expect(!report.isRemarkable)
            #expect(adjusted.protobuf(false) == (try MemberPart.merge(parts, clockSkew: nil)).protobuf(false))
        }
        #expect(compared > 60)
    }

    @Test func adjustingPutsEveryChildAfterItsParentAndCuttingMakesNothingWorse() throws {
        var put = 0
        var cut = 0
        for seed in 0..<200 as Range<UInt64> {
            var tree = tree(seed)
            let before = ParentsAndChildren(tree.spans)
            let parts = tree.parts()
            for bound in [2_000_000_000, 150_000_000] as [Int64] {
                let merged = try MemberPart.merge(parts, clockSkew: ClockSkewOptions(maxAdjustment: bound))
                guard let report = merged.clockSkew else { continue }
                #expect(report.shifts.allSatisfy { $0.nanoseconds.magnitude <= bound.magnitude })
                let owners = Dictionary(
                    tree.spans.map { ($0.span.spanID, $0.member) }, uniquingKeysWith: { first, _ in first })
                let after = ParentsAndChildren(
                    try merged.spans().map { (try #require(owners[$0.spanID]), $0) })
                let gaps = Dictionary(before.links.map { ($0.id, $0.gap) }, uniquingKeysWith: { first, _ in first })
                for link in after.links {
                    let gap = try #require(gaps[link.id])
                    if report.shifts.contains(where: \.isCut) {
                        #expect(link.gap >= min(gap, 0), "seed \(seed)")
                        if gap >= 0 { #expect(link.gap >= 0, "seed \(seed)") }
                    } else {
                        #expect(link.gap >= 0, "seed \(seed)")
                    }
                }
                if before.disorder > 0, after.disorder == 0 { put += 1 }
                if report.shifts.contains(where: \.isCut) { cut += 1 }
                #expect(
                    report.pairs.reduce(0) { $0 + $1.childrenBeforeParents + $1.reverseChildrenBeforeParents }
                        == before.disorder)
            }
        }
        #expect(put > 50)
        #expect(cut > 20)
    }

    /// Every span is as it was but for its times, which moved with those of its member.
    @Test func onlyTimesChangeAndAllOfAMemberByOneAmount() throws {
        var shifted = 0
        for seed in 300..<340 as Range<UInt64> {
            var tree = tree(seed)
            let parts = tree.parts()
            let merged = try MemberPart.merge(parts, clockSkew: ClockSkewOptions(maxAdjustment: 300_000_000))
            let report = merged.clockSkew ?? ClockSkewReport(pairs: [])
            shifted += report.shifts.count
            let expected = tree.spans.map { member, span in
                var span = span
                let amount = report.shifts.first { $0.member == member }?.nanoseconds ?? 0
                span.startTimeUnixNano = UInt64(Int64(span.startTimeUnixNano) + amount)
                span.endTimeUnixNano = UInt64(Int64(span.endTimeUnixNano) + amount)
                for i in span.events.indices {
                    span.events[i].timeUnixNano = UInt64(Int64(span.events[i].timeUnixNano) + amount)
                }
                return span
            }
            #expect(try Set(merged.spans().map(\.protobuf)) == Set(expected.map(\.protobuf)))
            try check(merged)
        }
        #expect(shifted > 20)
    }

    @Test func theOrderOfPartsDoesNotMatter() throws {
        for seed in 400..<440 as Range<UInt64> {
            var tree = tree(seed)
            let parts = tree.parts()
            let options = ClockSkewOptions(maxAdjustment: 200_000_000)
            let first = try MemberPart.merge(parts, clockSkew: options)
            for _ in 0..<3 {
                let order = parts.indices.shuffled(using: &tree.samples.generator)
                let other = try MemberPart.merge(parts, order: order, clockSkew: options)
                #expect(other.clockSkew == first.clockSkew)
                #expect(other.protobuf(false) == first.protobuf(false))
            }
        }
    }

    @Test func detectingNeverChangesAByte() throws {
        for seed in 500..<560 as Range<UInt64> {
            var samples = TraceSamples(seed: seed)
            let spans = samples.spans(samples.number(1...60), sharedIDs: seed.isMultiple(of: 2))
            let hands = samples.deal(spans, to: samples.number(1...4))
            let parts = hands.enumerated().map { MemberPart(target: $0.offset, $0.element) }
            let limit = samples.chance(30) ? samples.number(100...3000) : 0
            let plain = try MemberPart.merge(parts, clockSkew: nil, maxBytes: limit)
            let detected = try MemberPart.merge(parts, clockSkew: ClockSkewOptions(), maxBytes: limit)
            for isV1 in [true, false] {
                #expect(detected.protobuf(isV1) == plain.protobuf(isV1))
                #expect(try detected.json(isV1) == plain.json(isV1))
            }
        }
    }

    /// Traces that no clocks explain: whatever is done, no more children start before their parents than did.
    @Test func tracesAtRandomAreNotMadeWorse() throws {
        var compared = 0
        for seed in 600..<800 as Range<UInt64> {
            var generator = TraceGenerator(seed: seed, oddities: [.brokenTrees, .backwardTimes])
            let trace = generator.trace(spans: 1...20)
            let owned = trace.spans.map {
                (member: generator.random.count(0...2), span: TraceSpan($0, trace: trace.id))
            }
            let parts = (0..<3).map { member in
                MemberPart(
                    target: member, [TraceSamples.batch("svc", owned.filter { $0.member == member }.map(\.span))])
            }
            let merged = try MemberPart.merge(parts, clockSkew: ClockSkewOptions(maxAdjustment: 1_000_000_000))
            let report = merged.clockSkew ?? ClockSkewReport(pairs: [])
            let before = ParentsAndChildren(owned)
            let owners = Dictionary(
                owned.map { ($0.span.spanID, $0.member) }, uniquingKeysWith: { first, _ in first })
            let after = ParentsAndChildren(try merged.spans().map { (try #require(owners[$0.spanID]), $0) })
            #expect(
                report.pairs.reduce(0) { $0 + $1.childrenBeforeParents + $1.reverseChildrenBeforeParents }
                    == before.disorder, "seed \(seed)")
            #expect(after.disorder <= before.disorder, "seed \(seed)")
            compared += before.links.count
            try check(merged)
        }
        #expect(compared > 300)
    }

    @Test func hostileNumbersAreHarmless() throws {
        let times: [UInt64] = [
            0, 1, 2, 1 << 20, 1 << 60, 1 << 61, 1 << 63, UInt64(Int64.max), .max - 1, .max, 1_700_000_000_000_000_000,
        ]
        var shifted = 0
        for seed in 900..<1000 as Range<UInt64> {
            var samples = TraceSamples(seed: seed)
            var spans = samples.spans(samples.number(1...30), sharedIDs: true)
            for i in spans.indices {
                spans[i].startTimeUnixNano = times[samples.number(0...(times.count - 1))]
                spans[i].endTimeUnixNano = times[samples.number(0...(times.count - 1))]
                if samples.chance(30) {
                    spans[i].events = [SpanEvent(timeUnixNano: times[samples.number(0...(times.count - 1))])]
                }
                if samples.chance(10) { spans[i].parentSpanID = spans[i].spanID }
                if samples.chance(10) { spans[i].spanID = samples.bytes(samples.number(0...9)) }
                if samples.chance(5) { spans[i].parentSpanID = TraceSamples.id(0) }
                if samples.chance(5) { spans[i].spanID = TraceSamples.id(0) }
            }
            let parts = samples.deal(spans, to: samples.number(2...4)).enumerated().map {
                MemberPart(target: $0.offset, $0.element)
            }
            let plain = try MemberPart.merge(parts, clockSkew: nil)
            #expect(
                try MemberPart.merge(parts, clockSkew: ClockSkewOptions()).protobuf(false) == plain.protobuf(false))
            for bound in [1, 1_000_000_000, .max] as [Int64] {
                let merged = try MemberPart.merge(parts, clockSkew: ClockSkewOptions(maxAdjustment: bound))
                let other = try MemberPart.merge(
                    parts, order: parts.indices.reversed(), clockSkew: ClockSkewOptions(maxAdjustment: bound))
                #expect(merged.clockSkew == other.clockSkew)
                #expect(merged.protobuf(false) == other.protobuf(false))
                shifted += merged.clockSkew?.shifts.count ?? 0
                #expect(merged.spanCount == plain.spanCount)
                try check(merged)
            }
        }
        #expect(shifted > 100)
    }

    /// Spans of one id, children of an id that many have, and long chains cost what their size costs, not its square.
    @Test func manySharersAndLongChainsAreWalkedOnce() throws {
        let shared = (0..<20_000).map {
            TraceSamples.span(1 << 30, kind: .server, start: UInt64($0 + 1), name: "\($0)")
        }
        let children = (0..<20_000).map { TraceSamples.span(1 << 31 + UInt64($0), parent: 1 << 30, start: 5) }
        let chain = (0..<20_000).map { number in
            TraceSamples.span(1 << 40 + UInt64(number), parent: 1 << 40 + UInt64(number) + 1, start: 9)
        }
        let halves = (0..<2).map { half in
            MemberPart(
                target: half,
                [
                    TraceSamples.batch(
                        "svc", (shared + children + chain).enumerated().filter { $0.offset % 2 == half }.map(\.element))
                ])
        }
        let report = try #require(try MemberPart.merge(halves, clockSkew: ClockSkewOptions(maxAdjustment: 1)).clockSkew)
        #expect(report.pairs.count == 1)
        #expect(report.pairs.first?.childrenBeforeParents == 0)
    }

    /// Lengths, both formats and the order of an answer fit each other.
    private func check(_ merged: MergedTrace) throws {
        let response = try TraceByIDResponse.decode(protobuf: merged.protobuf(false))
        #expect(response.trace?.protobufSize ?? 0 == merged.protobufSize)
        #expect(merged.protobuf(false).count == merged.protobufResponse().byteCount)
        #expect(try merged.json(false) == response.json)
        guard merged.isCombined else { return }
        for batch in response.trace?.resourceSpans ?? [] {
            for scope in batch.scopeSpans {
                let starts = scope.spans.map(\.startTimeUnixNano)
                #expect(starts == starts.sorted())
            }
        }
    }
}

import TempoAPI
import TestSupport

@testable import TenantFederation

/// Parts of a trace as members give them.
struct MemberPart {
    var origin: PartOrigin
    var batches: [ResourceSpans]

    var bytes: [UInt8] { TraceSamples.part(batches) }

    init(target: Int, tenant: Int = 0, replicaGroup: Int? = nil, _ batches: [ResourceSpans]) {
        origin = PartOrigin(tenantRank: tenant, targetRank: target, replicaGroup: replicaGroup)
        self.batches = batches
    }

    static func merge(
        _ parts: [MemberPart], order: [Int]? = nil, clockSkew: ClockSkewOptions?, maxBytes: Int = 0
    ) throws -> MergedTrace {
        var combiner = TraceCombiner(options: .init(maxBytes: maxBytes, clockSkew: clockSkew))
        for i in order ?? Array(parts.indices) { try combiner.fold(parts[i].bytes, from: parts[i].origin) }
        return combiner.finish()
    }
}

extension MergedTrace {
    /// The spans of the answer, in order.
    func spans() throws -> [TraceSpan] {
        let response = try TraceByIDResponse.decode(protobuf: protobuf(false))
        return (response.trace?.resourceSpans ?? []).flatMap { $0.scopeSpans.flatMap(\.spans) }
    }
}

/// Calls between members whose clocks differ, as they happen: what is below a span starts after it, and servers work while their
/// clients wait.
struct CallTree {
    var samples: TraceSamples
    let members: Int
    /// How far each member's clock is ahead.
    let offsets: [Int64]
    /// Most nanoseconds on the way to a server, and as many back.
    let maxDelay: Int
    private(set) var spans: [(member: Int, span: TraceSpan)] = []

    static let start: UInt64 = 1_700_000_000_000_000_000

    init(seed: UInt64, members: Int, maxOffset: Int, maxDelay: Int) {
        samples = TraceSamples(seed: seed)
        self.members = members
        self.maxDelay = maxDelay
        var offsets: [Int64] = []
        for _ in 0..<members { offsets.append(Int64(samples.number(-maxOffset...maxOffset))) }
        self.offsets = offsets
        for _ in 0..<samples.number(1...2) {
            _ = work(samples.number(0...(members - 1)), parent: nil, kind: .server, from: Self.start, depth: 4)
        }
    }

    /// A span of `member` and what is below it; gives its true end.
    private mutating func work(
        _ member: Int, parent: UInt64?, kind: SpanKind, from start: UInt64, depth: Int
    ) -> UInt64 {
        let id = UInt64.random(in: 1 << 20 ... .max, using: &samples.generator)
        let place = spans.count
        spans.append((member, TraceSamples.span(id, parent: parent, kind: kind, name: "work")))
        var now = start + UInt64(samples.number(0...2_000_000))
        for _ in 0..<(depth > 0 ? samples.number(0...3) : 0) {
            let other = samples.number(0...(members - 1))
            switch samples.number(0...9) {
            case 0...5: now = call(other, from: member, parent: id, at: now, depth: depth - 1)
            case 6...7:
                // A message; nobody waits for it.
                let message = UInt64.random(in: 1 << 20 ... .max, using: &samples.generator)
                add(member, message, parent: id, kind: .producer, from: now, to: now + 1000)
                let arrival = now + UInt64(samples.number(0...50_000_000))
                _ = work(other, parent: message, kind: .consumer, from: arrival, depth: depth - 1)
            default: now = work(member, parent: id, kind: .internal, from: now, depth: depth - 1)
            }
            now += UInt64(samples.number(0...1_000_000))
        }
        set(place, member, from: start, to: now)
        return now
    }

    private mutating func call(_ other: Int, from member: Int, parent: UInt64, at start: UInt64, depth: Int) -> UInt64 {
        let id = UInt64.random(in: 1 << 20 ... .max, using: &samples.generator)
        let place = spans.count
        spans.append((member, TraceSamples.span(id, parent: parent, kind: .client, name: "call")))
        let end =
            work(other, parent: id, kind: .server, from: start + delay(), depth: depth) + delay()
        set(place, member, from: start, to: end)
        return end
    }

    private mutating func delay() -> UInt64 { UInt64(samples.number(0...maxDelay)) }

    private mutating func add(
        _ member: Int, _ id: UInt64, parent: UInt64, kind: SpanKind, from start: UInt64, to end: UInt64
    ) {
        spans.append((member, TraceSamples.span(id, parent: parent, kind: kind, name: "message")))
        set(spans.count - 1, member, from: start, to: end)
    }

    private mutating func set(_ place: Int, _ member: Int, from start: UInt64, to end: UInt64) {
        let offset = offsets[member]
        let shown = { (time: UInt64) in UInt64(Int64(time) + offset) }
        spans[place].span.startTimeUnixNano = shown(start)
        spans[place].span.endTimeUnixNano = shown(end)
        if samples.chance(20) { spans[place].span.events = [SpanEvent(timeUnixNano: shown(start) + 1, name: "e")] }
    }

    /// What each member gives, for one or two tenants.
    mutating func parts() -> [MemberPart] {
        var parts: [MemberPart] = []
        for member in 0..<members {
            let own = spans.filter { $0.member == member }.map(\.span)
            let hands = samples.deal(own, to: samples.number(1...2))
            for (tenant, batches) in hands.enumerated() where !batches.isEmpty {
                parts.append(MemberPart(target: member, tenant: tenant, batches))
            }
        }
        return parts
    }
}

/// Finds parents and children the slow way, to compare with.
struct ParentsAndChildren {
    /// Children in another member than their parent: the members and by how much the child starts later.
    private(set) var links: [(parent: Int, child: Int, id: [UInt8], gap: Int64)] = []

    /// - Parameter spans: ids must be unique. Spans that are their own ancestors are left out.
    init(_ spans: [(member: Int, span: TraceSpan)]) {
        let byID = Dictionary(spans.map { ($0.span.spanID, $0) }, uniquingKeysWith: { first, _ in first })
        for (member, span) in spans {
            guard let parent = byID[span.parentSpanID], parent.member != member else { continue }
            var above = parent.span
            var seen: Set<[UInt8]> = []
            while above.spanID != span.spanID, seen.insert(above.spanID).inserted,
                let next = byID[above.parentSpanID]?.span
            {
                above = next
            }
            guard above.spanID != span.spanID else { continue }
            let gap = Int64(bitPattern: span.startTimeUnixNano &- parent.span.startTimeUnixNano)
            links.append((parent.member, member, span.spanID, gap))
        }
    }

    var disorder: Int { links.count { $0.gap < 0 } }
}

extension TraceSpan {
    /// A span of the test models, with what clocks and merging look at.
    init(_ model: SpanModel, trace: [UInt8]) {
        self.init(
            traceID: trace, spanID: model.id, parentSpanID: model.parentID, name: model.name,
            kind: SpanKind(rawValue: Int32(model.kind)), startTimeUnixNano: model.startUnixNano,
            endTimeUnixNano: model.startUnixNano &+ model.durationNanos,
            events: model.events.map { SpanEvent(timeUnixNano: $0.timeUnixNano, name: $0.name) },
            links: model.links.map { SpanLink(traceID: $0.traceID, spanID: $0.spanID) })
    }
}

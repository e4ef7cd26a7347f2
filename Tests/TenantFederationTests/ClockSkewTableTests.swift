import Foundation
import TempoAPI
import TestSupport
import Testing

@testable import TenantFederation

/// Small traces by hand: what they tell of clocks, and how they look once they are put right.
@Suite(.computeThreads) struct ClockSkewTableTests {
    struct Case: Decodable, CustomTestStringConvertible {
        struct Part: Decodable {
            var target: Int
            var tenant: Int
            var replicaGroup: Int?
            var spans: [Span]
        }
        struct Span: Decodable {
            var id: String
            var parent: String?
            var kind: String
            var name: String?
            var start: Time
            var end: Time
            var events: [Time]?
        }
        struct Pair: Decodable {
            var first: Int
            var second: Int
            var offset: Int64?
            var exchanges: Int
            var before: Int
            var reverseBefore: Int
            var skewed: Bool
            var contradictory: Bool
        }
        struct Shift: Decodable {
            var member: Int
            var by: Int64
            var cut: Bool
        }
        /// A number, or a text where JSON has no such number.
        struct Time: Decodable {
            var value: UInt64
            init(from decoder: any Decoder) throws {
                let container = try decoder.singleValueContainer()
                if let number = try? container.decode(UInt64.self) {
                    value = number
                } else if let number = UInt64(try container.decode(String.self)) {
                    value = number
                } else {
                    throw DecodingError.dataCorruptedError(in: container, debugDescription: "no time")
                }
            }
        }

        var name: String
        var maxAdjustment: Int64
        var parts: [Part]
        /// nil: nothing is compared.
        var pairs: [Pair]?
        var shifts: [Shift]
        /// Start, end and times of events after the adjustment.
        var times: [String: [Time]]

        var testDescription: String { name }

        func memberParts() throws -> [MemberPart] {
            try parts.map { part in
                let spans = try part.spans.map { span in
                    let kinds: [String: SpanKind] = [
                        "internal": .internal, "server": .server, "client": .client, "producer": .producer,
                        "consumer": .consumer,
                    ]
                    return TraceSpan(
                        traceID: Array(repeating: 7, count: 16), spanID: try Self.id(span.id),
                        parentSpanID: try span.parent.map(Self.id) ?? [], name: span.name ?? span.id,
                        kind: try #require(kinds[span.kind]), startTimeUnixNano: span.start.value,
                        endTimeUnixNano: span.end.value,
                        events: (span.events ?? []).map { SpanEvent(timeUnixNano: $0.value) })
                }
                return MemberPart(
                    target: part.target, tenant: part.tenant, replicaGroup: part.replicaGroup,
                    [TraceSamples.batch("svc", spans)])
            }
        }

        /// One hexadecimal digit; letters beyond stand for numbers of their own.
        static func id(_ text: String) throws -> [UInt8] {
            TraceSamples.id(0xF00_0000 + UInt64(try #require(text.unicodeScalars.first).value))
        }
    }

    private static func cases() throws -> [Case] { try Corpus.load("clock-skew", in: .module, atLeast: 38) }

    private func expected(_ item: Case) -> ClockSkewReport? {
        item.pairs.map { pairs in
            ClockSkewReport(
                pairs: pairs.map {
                    ClockSkewReport.Pair(
                        first: $0.first, second: $0.second, offset: $0.offset, exchanges: $0.exchanges,
                        childrenBeforeParents: $0.before, reverseChildrenBeforeParents: $0.reverseBefore,
                        isSkewed: $0.skewed, isContradictory: $0.contradictory)
                })
        }
    }

    @Test func everyTraceTellsOfClocksWhatTheTableSays() throws {
        for item in try Self.cases() {
            let parts = try item.memberParts()
            let plain = try MemberPart.merge(parts, clockSkew: nil)
            #expect(plain.clockSkew == nil)
            let detected = try MemberPart.merge(parts, clockSkew: ClockSkewOptions())
            #expect(detected.clockSkew == expected(item), "\(item.name)")
            #expect(detected.protobuf(false) == plain.protobuf(false), "\(item.name)")
        }
    }

    @Test func everyTraceIsPutRightAsTheTableSays() throws {
        for item in try Self.cases() {
            var report = expected(item)
            report?.shifts = item.shifts.map {
                ClockSkewReport.Shift(member: $0.member, nanoseconds: $0.by, isCut: $0.cut)
            }
            let parts = try item.memberParts()
            for order in [Array(parts.indices), Array(parts.indices.reversed())] {
                let merged = try MemberPart.merge(
                    parts, order: order, clockSkew: ClockSkewOptions(maxAdjustment: item.maxAdjustment))
                #expect(merged.clockSkew == report, "\(item.name)")
                let spans = try merged.spans()
                for (id, times) in item.times {
                    let span = try #require(
                        spans.first { $0.name == id }, "\(item.name): \(id) is missing")
                    let shown =
                        [span.startTimeUnixNano, span.endTimeUnixNano] + span.events.map(\.timeUnixNano)
                    #expect(shown == times.map(\.value), "\(item.name): \(id)")
                }
                if item.shifts.isEmpty {
                    #expect(merged.protobuf(false) == (try MemberPart.merge(parts, clockSkew: nil)).protobuf(false))
                }
                let starts = spans.map(\.startTimeUnixNano)
                for scope in try TraceByIDResponse.decode(protobuf: merged.protobuf(false)).trace?.resourceSpans ?? [] {
                    let starts = scope.scopeSpans.flatMap(\.spans).map(\.startTimeUnixNano)
                    if parts.count > 1 { #expect(starts == starts.sorted(), "\(item.name)") }
                }
                #expect(starts.count == merged.spanCount)
            }
        }
    }
}

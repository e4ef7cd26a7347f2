import TempoAPI
import TestSupport
import Testing

@testable import TenantFederation

@Suite(.computeThreads) struct TraceCombinerTests {
    private func merge(
        _ parts: [[UInt8]], order: [Int]? = nil, options: TraceCombiner.Options = .init(),
        origin: (Int) -> PartOrigin = { PartOrigin(tenantRank: $0, targetRank: 0) }
    ) throws -> MergedTrace {
        var combiner = TraceCombiner(options: options)
        for i in order ?? Array(parts.indices) { try combiner.fold(parts[i], from: origin(i)) }
        return combiner.finish()
    }

    private func decoded(_ merged: MergedTrace) throws -> TraceByIDResponse {
        try TraceByIDResponse.decode(protobuf: merged.protobuf(false))
    }

    private func spans(_ merged: MergedTrace) throws -> [TraceSpan] {
        (try decoded(merged).trace?.resourceSpans ?? []).flatMap { $0.scopeSpans.flatMap(\.spans) }
    }

    /// What every merged answer has to be, whatever went in.
    private func check(_ merged: MergedTrace) throws {
        let chunks = Array(merged.protobufResponse())
        #expect(chunks.allSatisfy { !$0.isEmpty && $0.count <= TraceChunks.chunkSize })
        #expect(chunks.reduce(0) { $0 + $1.count } == merged.protobufResponse().byteCount)
        let response = try decoded(merged)
        #expect(response.trace?.protobufSize == merged.protobufSize)
        #expect(try merged.json(false) == response.json)
        #expect(try spans(merged).count == merged.spanCount)
        let trace = try Trace.decode(protobuf: merged.protobuf(true))
        #expect(trace == response.trace)
        guard merged.isCombined else { return }
        func key(_ span: TraceSpan) -> ([UInt8], [UInt8]) { (TraceSamples.id(span.startTimeUnixNano), span.spanID) }
        func isSorted(_ keys: [[UInt8]]) -> Bool {
            zip(keys, keys.dropFirst()).allSatisfy { !$1.lexicographicallyPrecedes($0) }
        }
        for batch in trace.resourceSpans {
            #expect(!batch.scopeSpans.isEmpty)
            for scope in batch.scopeSpans {
                #expect(isSorted(scope.spans.map { TraceSamples.id($0.startTimeUnixNano) }))
                for span in scope.spans {
                    let events = span.events.map { TraceSamples.id($0.timeUnixNano) + Array($0.name.utf8) }
                    #expect(isSorted(events))
                    #expect(isSorted(span.links.map { $0.traceID + $0.spanID }))
                }
            }
            #expect(isSorted(batch.scopeSpans.map { TraceSamples.id($0.spans.first?.startTimeUnixNano ?? 0) }))
        }
        let first = trace.resourceSpans.map {
            TraceSamples.id($0.scopeSpans.first?.spans.first?.startTimeUnixNano ?? 0)
        }
        #expect(isSorted(first))
    }

    /// The spans as a multiset, with what a merge sorts in one order.
    private func bag(_ spans: [TraceSpan]) -> [[UInt8]: Int] {
        var bag: [[UInt8]: Int] = [:]
        for span in spans {
            var sorted = span
            sorted.events.sort { ($0.timeUnixNano, $0.name) < ($1.timeUnixNano, $1.name) }
            sorted.links.sort { ($0.traceID + $0.spanID).lexicographicallyPrecedes($1.traceID + $1.spanID) }
            bag[sorted.protobuf, default: 0] += 1
        }
        return bag
    }

    @Test func theOrderOfArrivalDoesNotMatter() throws {
        for seed in 0..<24 as Range<UInt64> {
            var samples = TraceSamples(seed: seed)
            let spans = samples.spans(samples.number(1...60), sharedIDs: seed.isMultiple(of: 2))
            var parts = samples.deal(spans, to: samples.number(2...5)).map(TraceSamples.part)
            // Overlapping parts: some spans come twice.
            parts.append(contentsOf: samples.deal(Array(spans.prefix(10)), to: 2).map(TraceSamples.part))
            let limit = samples.chance(30) ? samples.number(100...3000) : 0
            let expected = try merge(parts, options: .init(maxBytes: limit))
            try check(expected)
            for _ in 0..<3 {
                let order = parts.indices.shuffled(using: &samples.generator)
                let other = try merge(parts, order: order, options: .init(maxBytes: limit))
                #expect(other.protobuf(false) == expected.protobuf(false))
                #expect(other.duplicateSpans == expected.duplicateSpans)
            }
        }
    }

    @Test func tiesBetweenPartsGoByOriginNotByArrival() throws {
        let parts = ["x", "y", "z"].map { name in
            TraceSamples.part([TraceSamples.batch(name, [TraceSamples.span(1 << 40, start: 4, name: name)])])
        }
        for order in [[0, 1, 2], [2, 1, 0], [1, 2, 0]] {
            let merged = try merge(parts, order: order)
            #expect(try spans(merged).map(\.name) == ["x", "y", "z"])
        }
    }

    @Test func splittingATraceAndMergingItGivesTheTrace() throws {
        for seed in 100..<120 as Range<UInt64> {
            var samples = TraceSamples(seed: seed)
            let spans = samples.spans(samples.number(1...80), sharedIDs: false)
            let hands = samples.deal(spans, to: samples.number(1...4))
            let merged = try merge(hands.map(TraceSamples.part))
            try check(merged)
            #expect(bag(try self.spans(merged)) == bag(spans))
            #expect(merged.duplicateSpans == 0)
        }
    }

    /// A stock Tempo renumbers each tenant's part; that must not show in the whole.
    @Test func partsThatWereRenumberedMergeAsTheOriginalsDo() throws {
        var renumbered = 0
        for seed in 200..<224 as Range<UInt64> {
            var samples = TraceSamples(seed: seed)
            let spans = samples.spans(samples.number(4...60), sharedIDs: true)
            let hands = samples.deal(spans, to: samples.number(2...4)).map(TraceSamples.part)
            let stock = try hands.map { try merge([$0]).protobuf(false) }
            if stock != hands { renumbered += 1 }
            let whole = try merge(hands)
            let fromStock = try merge(stock)
            try check(fromStock)
            #expect(bag(try self.spans(fromStock)) == bag(try self.spans(whole)), "seed \(seed)")
            #expect(Set(try self.spans(fromStock).map(\.name)) == Set(spans.map(\.name)))
        }
        #expect(renumbered >= 16)
    }

    @Test func copiesOfPartsAddNothing() throws {
        for seed in 300..<315 as Range<UInt64> {
            var samples = TraceSamples(seed: seed)
            let spans = samples.spans(samples.number(1...50), sharedIDs: true)
            let parts = samples.deal(spans, to: samples.number(2...3)).map(TraceSamples.part)
            let once = try merge(parts)
            let twice = try merge(parts + parts)
            try check(twice)
            #expect(bag(try self.spans(twice)) == bag(try self.spans(once)))
            #expect(twice.duplicateSpans == spans.count)
        }
    }

    @Test func aSinglePartPassesUnchanged() throws {
        var samples = TraceSamples(seed: 7)
        let hand = samples.deal(samples.spans(50, sharedIDs: false), to: 1)[0]
        let trace = Trace(resourceSpans: hand)
        let empty = TraceByIDResponse(trace: Trace(), metrics: TraceByIDMetrics(inspectedBytes: 2)).protobuf
        let merged = try merge([empty, TraceSamples.part(hand), TraceByIDResponse().protobuf])
        #expect(merged.passThrough == 1)
        #expect(merged.protobuf(true) == trace.protobuf)
        #expect(merged.metrics.inspectedBytes == 3)
        try check(merged)
    }

    @Test func nobodyHasTheTrace() throws {
        let merged = try merge([TraceByIDResponse(trace: Trace()).protobuf, TraceByIDResponse().protobuf, []])
        #expect(!merged.isFound && merged.protobufSize == 0 && merged.protobuf(true).isEmpty)
        #expect(try merged.json(true) == Array("{}".utf8))
        #expect(try merged.json(false) == Array(#"{"trace":{},"metrics":{}}"#.utf8))
        #expect(!TraceCombiner().copyAndFinish().isFound)
    }

    @Test func ofTrueDuplicatesTheFullerStaysAndOfEqualsTheFirst() throws {
        var fuller = TraceSamples.span(1 << 40)
        fuller.attributes = [KeyValue(key: "k", value: AnyValue(.int(1)))]
        let plain = TraceSamples.span(1 << 40)
        let other = TraceSamples.span(1 << 41)
        let merged = try merge([
            TraceSamples.part([TraceSamples.batch("a", [plain, other])]),
            TraceSamples.part([TraceSamples.batch("b", [fuller])]),
            TraceSamples.part([TraceSamples.batch("c", [plain, fuller])]),
        ])
        try check(merged)
        #expect(merged.duplicateSpans == 3)
        let batches = try #require(try decoded(merged).trace).resourceSpans
        #expect(batches.flatMap(\.scopeSpans).flatMap(\.spans) == [fuller, other])
        #expect(batches.map { $0.resource?.attributes.first?.value } == ["b", "a"].map { AnyValue(.string($0)) })
    }

    @Test func equalIDsWithAnotherStartNameOrKindAreOtherSpans() throws {
        let id: UInt64 = 1 << 40
        let different = [
            TraceSamples.span(id), TraceSamples.span(id, start: 2), TraceSamples.span(id, name: "m"),
            TraceSamples.span(id, kind: .producer), TraceSamples.span(id, kind: SpanKind(rawValue: 77)),
        ]
        let merged = try merge(different.map { TraceSamples.part([TraceSamples.batch("a", [$0])]) })
        try check(merged)
        #expect(merged.spanCount == 5 && merged.duplicateSpans == 0)
    }

    @Test func idsOfOddLengthsAreKeptAndCompared() throws {
        var short = TraceSamples.span(1)
        short.spanID = [1, 2]
        short.parentSpanID = [9]
        var long = TraceSamples.span(1)
        long.spanID = [1, 2, 3, 4, 5, 6, 7, 8, 9]
        var none = TraceSamples.span(1)
        none.spanID = []
        let parts = [[short, long], [none, short], [long, none, TraceSamples.span(5)]].map {
            TraceSamples.part([TraceSamples.batch("a", $0)])
        }
        let merged = try merge(parts)
        try check(merged)
        #expect(merged.duplicateSpans == 3)
        #expect(Set(try spans(merged).map(\.spanID)) == [short.spanID, long.spanID, [], TraceSamples.id(5)])
        #expect(try spans(merged).contains(short))
    }

    @Test func theSizeLimitFollowsTheOrderOfOriginsNotOfArrival() throws {
        let parts = (0..<3).map { i in
            TraceSamples.part([TraceSamples.batch("s\(i)", [TraceSamples.span(UInt64(i + 1) << 30)])])
        }
        let one = try merge([parts[0]]).protobufSize
        for order in [[0, 1, 2], [2, 1, 0], [1, 2, 0]] {
            let merged = try merge(parts, order: order, options: .init(maxBytes: one))
            try check(merged)
            #expect(merged.isOverLimit && merged.spanCount == 2 && merged.metrics.inspectedBytes == 3)
            #expect(merged.status == .partial)
            #expect(merged.message == "Trace exceeds maximum size of \(one) bytes, a partial trace is returned")
            #expect(merged.tooLargeText == "trace exceeds max size (max bytes: \(one))")
        }
        #expect(try !merge(parts, options: .init(maxBytes: one * 3)).isOverLimit)
        #expect(try merge(parts, options: .init(maxBytes: one * 3 - 1)).isOverLimit)
        // Alone over the limit it stays as it came, duplicates included.
        let span = TraceSamples.span(1 << 40)
        let doubled = TraceSamples.part([TraceSamples.batch("a", [span, span])])
        let merged = try merge([doubled, parts[0]], options: .init(maxBytes: 1))
        try check(merged)
        #expect(merged.duplicateSpans == 0)
        #expect(try spans(merged) == [span, span])
    }

    private func partialPart(_ message: String, id: UInt64 = 1 << 40) -> TraceByIDResponse {
        TraceByIDResponse(
            trace: Trace(resourceSpans: [TraceSamples.batch("a", [TraceSamples.span(id)])]), status: .partial,
            message: message)
    }

    @Test func aPartThatWasCutBySizeMakesTheAnswerPartial() throws {
        let part = partialPart("Trace exceeds maximum size of 5 bytes, a partial trace is returned")
        var merged = try merge([part.protobuf], options: .init(maxBytes: 100_000))
        #expect(merged.partialReasons.isEmpty && !merged.isOverLimit)
        #expect(merged.tooLargeText == "trace exceeds max size (max bytes: 100000)")
        let unlimited = try merge([part.protobuf])
        #expect(unlimited.message == part.message)
        #expect(unlimited.tooLargeText == "trace exceeds max size (max bytes: 5)")
        merged.markPartial("tenant b did not answer")
        let expected =
            "Trace exceeds maximum size of 100000 bytes, a partial trace is returned; tenant b did not answer"
        #expect(try decoded(merged).message == expected)
        #expect(try decoded(merged).status == .partial)
        try check(merged)
    }

    @Test(arguments: [0, 100_000])
    func aPartThatLacksATenantIsNoReasonToCallTheTraceTooLarge(maxBytes: Int) throws {
        let parts = [
            partialPart("missing tenant b"), partialPart("", id: 1 << 41), partialPart("missing tenant b", id: 1 << 42),
        ]
        for order in [[0, 1, 2], [2, 1, 0]] {
            var merged = try merge(parts.map(\.protobuf), order: order, options: .init(maxBytes: maxBytes))
            #expect(merged.tooLargeText == nil)
            #expect(merged.isPartial && merged.spanCount == 3)
            #expect(merged.partialReasons.map(\.message) == ["missing tenant b", "", "missing tenant b"])
            #expect(merged.partialReasons.map(\.origin.tenantRank) == [0, 1, 2])
            merged.markPartial("tenant c did not answer")
            #expect(try decoded(merged).message == "missing tenant b; tenant c did not answer")
            #expect(try decoded(merged).status == .partial)
        }
        // Both: the size is what a v1 answer tells, the other reason is still known.
        let cut = partialPart("missing tenant c; Trace exceeds maximum size of 77 bytes, a partial trace is returned")
        let both = try merge([parts[0].protobuf, cut.protobuf], options: .init(maxBytes: maxBytes))
        #expect(both.tooLargeText == "trace exceeds max size (max bytes: \(maxBytes == 0 ? 77 : maxBytes))")
        #expect(both.partialReasons.map(\.message) == ["missing tenant b"])
        let vague = try merge([partialPart("exceeds maximum size of some bytes").protobuf])
        #expect(vague.tooLargeText == "trace exceeds max size (max bytes: 0)")
    }

    @Test func aLongMessageIsCutBeforeItIsRepeated() throws {
        let merged = try merge([partialPart(String(repeating: "x", count: 100_000)).protobuf])
        #expect(merged.message == String(repeating: "x", count: 4_096))
    }

    @Test func partsScannedApartGiveWhatFoldingGives() throws {
        var samples = TraceSamples(seed: 21)
        for maxBytes in [0, 2_000] {
            let spans = samples.spans(60, sharedIDs: true)
            let parts = samples.deal(spans, to: 5).map(TraceSamples.part) + [[], TraceByIDResponse().protobuf]
            let expected = try merge(parts, options: .init(maxBytes: maxBytes))
            var scanned: [ScannedPart] = []
            for (i, part) in parts.enumerated() {
                scanned.append(try TraceCombiner.scan(part, from: PartOrigin(tenantRank: i, targetRank: 0)))
            }
            var combiner = TraceCombiner(options: .init(maxBytes: maxBytes))
            for part in scanned.shuffled(using: &samples.generator) { try combiner.fold(part) }
            let merged = combiner.finish()
            try check(merged)
            #expect(merged.protobuf(false) == expected.protobuf(false))
            #expect(try merged.json(false) == expected.json(false))
            // A combiner that was emptied starts anew, and a scanned part may be folded again.
            try combiner.fold(scanned[0])
            #expect(combiner.finish().protobuf(true) == (try merge([parts[0]])).protobuf(true))
        }
    }

    @Test func bareTracesAndResponsesMixAndPartsMayComeInPieces() throws {
        let a = Trace(resourceSpans: [TraceSamples.batch("a", [TraceSamples.span(1 << 40)])])
        let b = Trace(resourceSpans: [TraceSamples.batch("b", [TraceSamples.span(1 << 41)])])
        var combiner = TraceCombiner()
        try combiner.fold(a.protobuf, shape: .trace, from: PartOrigin(tenantRank: 0, targetRank: 0))
        try combiner.fold(
            TraceByIDResponse(trace: b).protobuf, from: PartOrigin(tenantRank: 1, targetRank: 0))
        #expect(combiner.finish().spanCount == 2)
        // Two trace fields of one message are one trace.
        let pieces = TraceByIDResponse(trace: a).protobuf + TraceByIDResponse(trace: b).protobuf
        let merged = try merge([pieces])
        try check(merged)
        #expect(merged.spanCount == 2 && !merged.isCombined)
    }

    /// Fields of batches and scopes in an order that no encoder writes, resources and scopes in pieces, and of texts the last counts.
    @Test func oddlyEncodedTracesAreWrittenAsTheyDecode() throws {
        func message(_ fields: [(UInt8, [UInt8])]) -> [UInt8] {
            fields.reduce(into: []) { bytes, field in
                bytes.appendFieldHeader(tag: field.0 << 3 | 2, length: field.1.count)
                bytes += field.1
            }
        }
        let resource = ["a", "b"].map {
            Resource(attributes: [KeyValue(key: $0, value: AnyValue(.string($0)))], droppedAttributesCount: 3).protobuf
        }
        let owner = [InstrumentationScope(name: "s").protobuf, InstrumentationScope(version: "v").protobuf]
        let spans = (1...3).map { TraceSamples.span($0 << 40, start: 9 - $0).protobuf }
        let (x, y) = (Array("x".utf8), Array("y".utf8))
        let scope = message([
            (3, x), (2, spans[0]), (1, owner[0]), (9, y), (2, spans[1]), (3, y), (1, owner[1]), (2, spans[2]),
        ])
        let batches = [
            message([(2, scope), (3, y), (1, resource[0]), (2, scope), (1, resource[1]), (3, x), (7, x)]),
            message([(3, x)]), message([(1, []), (2, [])]), [],
        ]
        let trace = message(batches.map { (1, $0) })
        let tree = try Trace.decode(protobuf: trace)
        var combiner = TraceCombiner()
        try combiner.fold(trace, shape: .trace, from: PartOrigin(tenantRank: 0, targetRank: 0))
        let merged = combiner.finish()
        #expect(merged.protobuf(true) == trace)
        let json = String(decoding: try merged.json(true), as: UTF8.self)
        let name = #"{"resourceSpans":"#
        let expected = String(decoding: tree.json, as: UTF8.self)
        #expect(expected.hasPrefix(name))
        #expect(json == #"{"batches":"# + expected.dropFirst(name.count))
    }

    @Test func malformedPartsAreRefusedAndLeaveNoTrace() throws {
        var samples = TraceSamples(seed: 11)
        let good = TraceSamples.part(samples.deal(samples.spans(8, sharedIDs: true), to: 1)[0])
        let expected = try merge([good, good])
        var refused = 0
        for cut in 1..<good.count {
            var combiner = TraceCombiner()
            try combiner.fold(good, from: PartOrigin(tenantRank: 0, targetRank: 0))
            let bad = PartOrigin(tenantRank: 5, targetRank: 2)
            do throws(TracePartError) {
                try combiner.fold(Array(good[..<cut]), from: bad)
            } catch {
                refused += 1
                #expect(error.origin == bad && error.code == .malformed)
                try combiner.fold(good, from: PartOrigin(tenantRank: 1, targetRank: 0))
                #expect(combiner.finish().protobuf(false) == expected.protobuf(false))
            }
        }
        #expect(refused > good.count - 5)
        // An attribute that is malformed inside is found before any JSON is written.
        var span = TraceSamples.span(1).protobuf
        span += [0x4A, 2, 0x0A, 9]
        var scope: [UInt8] = []
        scope.appendFieldHeader(tag: 0x12, length: span.count)
        scope += span
        var batch: [UInt8] = []
        batch.appendFieldHeader(tag: 0x12, length: scope.count)
        batch += scope
        var trace: [UInt8] = []
        trace.appendFieldHeader(tag: 0x0A, length: batch.count)
        trace += batch
        var combiner = TraceCombiner()
        try combiner.fold(trace, shape: .trace, from: PartOrigin(tenantRank: 3, targetRank: 1))
        let merged = combiner.finish()
        #expect(throws: TracePartError.self) { try merged.jsonTrace() }
    }

    @Test func aPartFullOfEmptyMessagesIsRefused() throws {
        var empties: [UInt8] = [0x0A, 0]
        while empties.count <= TraceScanner.freeEntries * 2 { empties += empties }
        var combiner = TraceCombiner()
        do throws(TracePartError) {
            try combiner.fold(empties, shape: .trace, from: PartOrigin(tenantRank: 0, targetRank: 0))
            Issue.record("accepted")
        } catch {
            #expect(error.code == .tooLarge)
        }
        try combiner.fold(
            Array(empties.prefix(1_000)), shape: .trace, from: PartOrigin(tenantRank: 0, targetRank: 0))
        #expect(combiner.finish().isFound)
    }

    @Test func randomDamageNeverTraps() throws {
        var samples = TraceSamples(seed: 5)
        let parts = samples.deal(samples.spans(12, sharedIDs: true), to: 2).map(TraceSamples.part)
        for _ in 0..<1_000 {
            var damaged = parts
            for _ in 0..<samples.number(1...4) {
                let part = samples.number(0...1)
                let at = samples.number(0...(damaged[part].count - 1))
                switch samples.number(0...2) {
                case 0: damaged[part][at] = UInt8.random(in: .min ... .max, using: &samples.generator)
                case 1: damaged[part].remove(at: at)
                default: damaged[part].insert(damaged[part][samples.number(0...at)], at: at)
                }
            }
            var combiner = TraceCombiner(options: .init(maxBytes: samples.chance(20) ? 500 : 0))
            for (i, part) in damaged.enumerated() {
                try? combiner.fold(part, from: PartOrigin(tenantRank: i, targetRank: 0))
            }
            let merged = combiner.finish()
            #expect(merged.protobuf(false).count == merged.protobufResponse().byteCount)
            _ = try? merged.json(false)
        }
    }
}

extension TraceCombiner {
    fileprivate func copyAndFinish() -> MergedTrace {
        var copy = self
        return copy.finish()
    }
}

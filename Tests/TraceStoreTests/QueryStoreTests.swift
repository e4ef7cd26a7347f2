import TempoAPI
import TestSupport
import Testing
import TraceQL

@testable import TraceStore

/// Questions about a few spans made by hand.
@Suite(.computeThreads, .timeLimit(.minutes(20))) struct QueryStoreTests {
    static let base: UInt64 = 1_700_000_000_000_000_000

    private static func span(
        _ trace: UInt8, _ id: UInt8, parent: UInt8 = 0, name: String = "op", at: UInt64 = 0, lasts: UInt64 = 1_000_000,
        _ attributes: [(String, AnyValue)] = [], kind: SpanKind = .server, status: SpanStatusCode = .unset
    ) -> TraceSpan {
        TraceSpan(
            traceID: [UInt8](repeating: 0, count: 15) + [trace], spanID: [0, 0, 0, 0, 0, 0, 0, id],
            parentSpanID: parent == 0 ? [] : [0, 0, 0, 0, 0, 0, 0, parent], name: name, kind: kind,
            startTimeUnixNano: base + at, endTimeUnixNano: base + at + lasts,
            attributes: attributes.map { KeyValue(key: $0.0, value: $0.1) }, status: SpanStatus(code: status))
    }

    private static func request(_ spans: [TraceSpan], service: String = "web") -> [UInt8] {
        let resource = Resource(attributes: [KeyValue(key: "service.name", value: .string(service))])
        return Trace(resourceSpans: [ResourceSpans(resource: resource, scopeSpans: [ScopeSpans(spans: spans)])])
            .protobuf
    }

    /// Every push in a segment of its own but the last, which stays in memory.
    private static func store(_ pushes: [[UInt8]], tenant: String = "t") async throws -> (TraceStore, TemporaryFolder) {
        let folder = try TemporaryFolder()
        let clock = TestClock()
        let store = try TraceStore.testing(folder, clock: clock) { $0.retention = { _ in RetentionPolicy(age: 0) } }
        for (number, push) in pushes.enumerated() {
            if number > 0 {
                clock.advance(seconds: 4000)
                await store.maintenance.perform()
            }
            let outcome = try await store.push(push, encoding: .protobuf, tenant: tenant)
            #expect(outcome.rejectedSpans == 0)
        }
        return (store, folder)
    }

    private static func search(_ store: TraceStore, _ text: String, tenant: String = "t") throws
        -> [TraceSearchMetadata]
    {
        try store.search(
            StoreSearchRequest(.query(try Query.parse(text)), limit: 0, spansPerSpanSet: 0), tenant: tenant
        ).traces
    }

    private static func id(_ trace: UInt8) -> [UInt8] { [UInt8](repeating: 0, count: 15) + [trace] }

    // MARK: Traces

    @Test func copiesOfASpanAreOneAndOthersWithItsIDAreNot() async throws {
        let small = Self.span(1, 1)
        let large = Self.span(1, 1, [("note", .string("the second sending says more"))])
        let (store, folder) = try await Self.store([
            Self.request([small, Self.span(1, 2, parent: 1)]), Self.request([large]),
            Self.request([
                small, Self.span(1, 1, kind: .client), Self.span(1, 1, at: 5), Self.span(1, 1, name: "other"),
            ]),
        ])
        defer { withExtendedLifetime(folder) {} }
        let trace = try Trace.decode(protobuf: try #require(try store.trace(Self.id(1), tenant: "t")))
        let spans = trace.resourceSpans.flatMap { $0.scopeSpans.flatMap(\.spans) }
        // One batch, since the resources are equal; the larger copy stands in the place of the first.
        #expect(trace.resourceSpans.count == 1)
        #expect(
            spans == [
                large, Self.span(1, 2, parent: 1), Self.span(1, 1, kind: .client), Self.span(1, 1, at: 5),
                Self.span(1, 1, name: "other"),
            ])
        #expect(try Self.search(store, "{} | count() = 5").count == 1)
        #expect(try Self.search(store, "{} | count() = 6").isEmpty)
        #expect(try Self.search(store, #"{ span.note != nil }"#).first?.spanSets.first?.matched == 1)
    }

    @Test func aTraceIsFoundInItsWindowAndForItsTenantOnly() async throws {
        let (store, folder) = try await Self.store([Self.request([Self.span(1, 1, at: 1000, lasts: 1000)])])
        defer { withExtendedLifetime(folder) {} }
        let base = Self.base
        for (start, end, isIn) in [
            (nil, nil, true), (base + 2000, nil, true), (base + 2001, nil, false), (nil, base + 1000, true),
            (nil, base + 999, false), (base, base + 5000, true),
        ] as [(UInt64?, UInt64?, Bool)] {
            #expect(try (store.trace(Self.id(1), tenant: "t", start: start, end: end) != nil) == isIn)
        }
        #expect(try store.trace(Self.id(1), tenant: "other") == nil)
        #expect(try store.trace(Self.id(2), tenant: "t") == nil)
        #expect(try store.trace([1, 2], tenant: "t") == nil)
    }

    // MARK: Legacy tags

    @Test func tagsMayBeOnDifferentSpansInDifferentSegments() async throws {
        let (store, folder) = try await Self.store([
            Self.request([Self.span(1, 1, name: "root", lasts: 50_000_000, [("a", .string("x"))])]),
            Self.request(
                [Self.span(1, 2, parent: 1, name: "leaf", [("n", .int(7)), ("ok", .bool(true))], status: .error)],
                service: "db"),
            Self.request([Self.span(2, 1, name: "root", [("a", .string("x")), ("f", .double(0.5))])]),
        ])
        defer { withExtendedLifetime(folder) {} }
        for (tags, least, greatest, found) in [
            ([:], 0, 0, ["1", "2"]), (["a": "x"], 0, 0, ["1", "2"]), (["a": "x", "n": "7"], 0, 0, ["1"]),
            (["a": "x", "ok": "true", "service.name": "db"], 0, 0, ["1"]), (["a": "x", "ok": "false"], 0, 0, []),
            (["name": "leaf"], 0, 0, ["1"]), (["status.code": "error"], 0, 0, ["1"]), (["error": "true"], 0, 0, ["1"]),
            (["f": "0.5"], 0, 0, ["2"]), (["root.name": "root"], 0, 0, ["1", "2"]), (["root.name": "leaf"], 0, 0, []),
            (["root.service.name": "web", "n": "7"], 0, 0, ["1"]), ([:], 50, 0, ["1"]), ([:], 0, 50, ["1", "2"]),
            ([:], 0, 1, ["2"]), ([:], 51, 0, []),
        ] as [([String: String], UInt32, UInt32, [String])] {
            let response = try store.search(
                StoreSearchRequest(
                    .tags(StoreTagConditions(tags: tags, minDurationMs: least, maxDurationMs: greatest)), limit: 0),
                tenant: "t")
            #expect(response.traces.map(\.traceID).sorted() == found, "\(tags) \(least) \(greatest)")
            #expect(response.traces.allSatisfy { $0.spanSets.isEmpty && $0.spanSet == nil && $0.serviceStats.isEmpty })
        }
        let many = Dictionary(uniqueKeysWithValues: (0..<33).map { ("k\($0)", "v") })
        #expect(throws: StoreQueryError.self) {
            try store.search(StoreSearchRequest(.tags(StoreTagConditions(tags: many))), tenant: "t")
        }
    }

    // MARK: Tags

    @Test func namesAndValuesAreThoseOfSpansInTheWindowThatMatch() async throws {
        let list = AnyValue(.array(ArrayValue(values: [.string("p"), .string("q")])))
        let (store, folder) = try await Self.store([
            Self.request([Self.span(1, 1, at: 0, [("early", .string("e")), ("n", .int(1))])]),
            Self.request([Self.span(2, 1, at: 10_000_000_000, [("late", list), ("n", .double(2))], status: .error)]),
        ])
        defer { withExtendedLifetime(folder) {} }
        let late = StoreTimeWindow(start: Self.base + 5_000_000_000, end: Self.base + 20_000_000_000)
        func names(_ request: StoreTagsRequest) throws -> [String: [String]] {
            Dictionary(
                uniqueKeysWithValues: try store.tagNames(request, tenant: "t").scopes.map { ($0.name, $0.tags) })
        }
        #expect(try names(StoreTagsRequest(scope: .span)) == ["span": ["early", "late", "n"]])
        #expect(try names(StoreTagsRequest(scope: .span, window: late)) == ["span": ["late", "n"]])
        #expect(try names(StoreTagsRequest(scope: .span, filter: "{ status = ok }")) == [:])
        for filter in ["{ status = error }", "{ status = error && span.n =", "{ status = error && span.n = }"] {
            #expect(try names(StoreTagsRequest(scope: .span, filter: filter)) == ["span": ["late", "n"]], "\(filter)")
        }
        #expect(try names(StoreTagsRequest(scope: .span, filter: "{ no sense")) == ["span": ["early", "late", "n"]])
        #expect(try names(StoreTagsRequest(scope: .span, maxNamesPerScope: 2)) == ["span": ["early", "late"]])
        #expect(try names(StoreTagsRequest(scope: .span, maxBytes: 9)) == ["span": ["early", "late"]])
        #expect(try names(StoreTagsRequest(scope: .span, maxBytes: 8)) == ["span": ["early"]])
        #expect(try names(StoreTagsRequest(scope: .trace)) == [:])
        #expect(try names(StoreTagsRequest(scope: .intrinsic)) == ["intrinsic": IntrinsicTagNames.sorted])
        #expect(IntrinsicTagNames.sorted == IntrinsicTagNames.sorted.sorted() && IntrinsicTagNames.sorted.count == 25)

        func values(_ name: String, filter: String = "", _ window: StoreTimeWindow = .always, most: Int = 0) throws
            -> [String]
        {
            try store.tagValues(
                StoreTagValuesRequest(
                    name: .attribute(try Identifier.parse(name)), filter: filter, window: window, maxValues: most),
                tenant: "t"
            ).tagValues.map { "\($0.type) \($0.value)" }
        }
        #expect(try values("span.n") == ["int 1", "float 2.0"])
        #expect(try values("span.n", most: 1) == ["int 1"])
        #expect(try values("span.n", late) == ["float 2.0"])
        #expect(try values(".n", filter: "{ status = unset }") == ["int 1"])
        #expect(try values("span.late") == ["string p", "string q"])
        #expect(try values("resource.n").isEmpty)
        #expect(try values("rootName", late) == ["string op"])
        #expect(try values("duration").isEmpty && values("trace:id").isEmpty)
        #expect(try values("status") == ["keyword error", "keyword ok", "keyword unset"])
    }

    // MARK: Tenants

    @Test func nothingOfATenantIsInAnAnswerForAnother() async throws {
        let (store, folder) = try await Self.store(
            [
                Self.request(
                    [Self.span(1, 1, name: "ruby name", [("ruby key", .string("ruby value"))])], service: "ruby service"
                )
            ], tenant: "ruby")
        defer { withExtendedLifetime(folder) {} }
        _ = try await store.push(
            Self.request(
                [Self.span(1, 1, name: "jade name", [("jade key", .string("jade value"))])], service: "jade service"),
            encoding: .protobuf, tenant: "jade")
        for (tenant, other) in [("ruby", "jade"), ("jade", "ruby"), ("nobody", "ruby"), ("nobody", "jade")] {
            var answers: [[UInt8]] = [try store.trace(Self.id(1), tenant: tenant) ?? []]
            for text in [
                "{}", "{} | select(.\"ruby key\", .\"jade key\", resource.service.name, name)", "{} | by(name)",
            ] {
                answers.append(try store.search(StoreSearchRequest(.query(try Query.parse(text))), tenant: tenant).json)
            }
            answers.append(try store.search(StoreSearchRequest(.tags(StoreTagConditions())), tenant: tenant).json)
            for filter in ["", "{ name != \"\" }"] {
                answers.append(try store.tagNames(StoreTagsRequest(filter: filter), tenant: tenant).json)
                for name in ["name", "resource.service.name", ".\"\(tenant) key\"", ".\"\(other) key\"", "rootName"] {
                    let request = StoreTagValuesRequest(name: .attribute(try Identifier.parse(name)), filter: filter)
                    answers.append(try store.tagValues(request, tenant: tenant).json)
                }
            }
            for answer in answers {
                #expect(!String(decoding: answer, as: UTF8.self).contains(other), "\(tenant)")
            }
            let isKnown = tenant != "nobody"
            #expect(answers.contains { String(decoding: $0, as: UTF8.self).contains("\(tenant) value") } == isKnown)
        }
    }

    // MARK: Scans

    @Test(arguments: QueryPropertyTests.Layout.allCases)
    func aScanGivesEveryTraceOnce(layout: QueryPropertyTests.Layout) async throws {
        let filled = try await QueryPropertyTests.filled(seed: 9, layout)
        for tenant in QueryPropertyTests.tenants {
            var seen: [SpanTable.TraceID: Int] = [:]
            try filled.store.scan(Projection(), tenant: tenant) { table in
                #expect(seen.updateValue(table.count, forKey: table.traceID) == nil)
            }
            let traces = filled.traces[tenant] ?? []
            #expect(
                seen
                    == Dictionary(uniqueKeysWithValues: traces.map { (SpanTable.TraceID($0.id), $0.spans.count) }))
        }
    }

    // MARK: Hostile

    @Test func aTraceOfManySpansWithOneIDTakesLinearTime() async throws {
        // Every span has an id, kind and start of its own service that the others have too; a quadratic step would never end.
        var batches: [ResourceSpans] = []
        for number in 0..<20_000 {
            let service = KeyValue(key: "service.name", value: .string("s\(number % 3000)"))
            batches.append(
                ResourceSpans(
                    resource: Resource(attributes: [service]),
                    scopeSpans: [ScopeSpans(spans: [Self.span(1, 1, name: "n\(number)")])]))
        }
        let (store, folder) = try await Self.store([Trace(resourceSpans: batches).protobuf])
        defer { withExtendedLifetime(folder) {} }
        let trace = try Trace.decode(protobuf: try #require(try store.trace(Self.id(1), tenant: "t")))
        #expect(trace.resourceSpans.count == 3000)
        #expect(try Self.search(store, "{} | count() = 20000").first?.serviceStats.count == 3000)
    }

    /// However many values there are, the collector keeps about as much as it may answer, and answers the first ones.
    @Test(arguments: [1, 30, 1000, 200_000, 0]) func valuesThatAreCutAreNotKept(maxBytes: Int) {
        var generator = SeededRandom(3)
        let texts = (0..<40_000).map { "value-\($0)" }.shuffled(using: &generator)
        var all = TagValueCollector(maxCount: 0, maxBytes: 0)
        var bounded = TagValueCollector(maxCount: 0, maxBytes: maxBytes)
        var most = 0
        for text in texts {
            all.insert("string", text)
            bounded.insert("string", text)
            most = max(most, bounded.byteCount)
        }
        if maxBytes > 0 { #expect(most <= 4 * max(maxBytes, 1 << 16) + 100) }
        var bytes = 0
        let expected = all.sorted().prefix { value in
            bytes += value.type.utf8.count + value.value.utf8.count
            return maxBytes == 0 || bytes < maxBytes
        }
        #expect(all.sorted().count == 40_000)
        #expect(bounded.sorted() == Array(expected))
    }

    @Test func aTraceBeyondTheBytesOfAQuestionIsRefused() async throws {
        let (store, folder) = try await Self.store([Self.request((1...20).map { Self.span(1, $0) })])
        defer { withExtendedLifetime(folder) {} }
        let bytes = try #require(try store.trace(Self.id(1), tenant: "t"))
        #expect(try store.trace(Self.id(1), tenant: "t", maxBytes: bytes.count) == bytes)
        #expect(throws: TraceTooLarge(maxBytes: 500)) { try store.trace(Self.id(1), tenant: "t", maxBytes: 500) }
    }

    /// Also between traces, however small they are.
    @Test func aQuestionThatIsCancelledMeanwhileEnds() async throws {
        let spans = (0..<5000).map { number in
            var span = Self.span(1, 1)
            span.traceID = [UInt8](repeating: 1, count: 14) + [UInt8(number >> 8), UInt8(number & 255)]
            return span
        }
        let (store, folder) = try await Self.store([Self.request(spans)])
        defer { withExtendedLifetime(folder) {} }
        let task = Task {
            var seen = 0
            do {
                try store.scan(Projection(), tenant: "t") { _ in
                    if seen == 0 { withUnsafeCurrentTask { $0?.cancel() } }
                    seen += 1
                }
            } catch is CancellationError {
                return seen
            }
            return seen
        }
        let seen = try await task.value
        #expect(1..<3000 ~= seen)
    }

    @Test func aCancelledQuestionEnds() async throws {
        let (store, folder) = try await Self.store([Self.request([Self.span(1, 1)])])
        defer { withExtendedLifetime(folder) {} }
        let query = try Query.parse("{}")
        let questions: [@Sendable () throws -> Void] = [
            { _ = try store.search(StoreSearchRequest(.query(query)), tenant: "t") },
            { _ = try store.search(StoreSearchRequest(.tags(StoreTagConditions())), tenant: "t") },
            { _ = try store.trace(Self.id(1), tenant: "t") },
            { _ = try store.tagNames(StoreTagsRequest(), tenant: "t") },
            { _ = try store.tagValues(StoreTagValuesRequest(name: .legacy("name")), tenant: "t") },
            { try store.scan(Projection(), tenant: "t") { _ in } },
        ]
        for question in questions {
            let task = Task {
                withUnsafeCurrentTask { $0?.cancel() }
                try question()
            }
            await #expect(throws: CancellationError.self) { try await task.value }
        }
    }
}

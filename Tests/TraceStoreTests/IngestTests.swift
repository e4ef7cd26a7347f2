import Foundation
import TempoAPI
import TestSupport
import Testing

@testable import TraceStore

@Suite(.computeThreads, .timeLimit(.minutes(20))) struct IngestTests {
    struct Case: Decodable, CustomTestStringConvertible {
        var name: String
        /// A request as JSON, or as protobuf in hexadecimal.
        var text: String?
        var hex: String?
        /// What is expected: one of these.
        var accepted: Int?
        var rejected: Int?
        var message: String?
        var malformed: String?
        /// The stored spans in Tempo's JSON of a trace's span, when they are to be compared.
        var stored: [JSONValue]?

        var testDescription: String { name }

        var body: ([UInt8], OTLPEncoding) {
            if let hex { return (OTLPJSONTranscoder.hexadecimal(Array(hex.utf8)) ?? [], .protobuf) }
            return (Array((text ?? "").utf8), .json)
        }
    }

    static func cases() throws -> [Case] { try Corpus.load("ingest-cases", in: .module, atLeast: 80) }

    @Test(arguments: try cases())
    func requestsAreStoredOrRefused(_ test: Case) async throws {
        let folder = try TemporaryFolder()
        let store = try TraceStore.testing(folder)
        let (body, encoding) = test.body
        if let reason = test.malformed {
            await #expect(throws: PushError.malformed(reason)) {
                _ = try await store.push(body, encoding: encoding, tenant: "t")
            }
            #expect(store.tenantNames().isEmpty)
            return
        }
        let outcome = try await store.push(body, encoding: encoding, tenant: "t")
        #expect(outcome.acceptedSpans == test.accepted)
        #expect(outcome.rejectedSpans == test.rejected ?? 0)
        #expect(outcome.message == test.message ?? "")
        let spans = StoredSpans.all(in: store.snapshot(tenant: "t")).map(\.span)
        #expect(spans.count == test.accepted)
        if let stored = test.stored {
            let found = try spans.map { try JSONDecoder().decode(JSONValue.self, from: Data($0.json)) }
            #expect(found == stored)
        }
    }

    /// JSON and protobuf of one request give the same columns.
    @Test(arguments: 0..<4 as Range<UInt64>)
    func jsonGivesWhatProtobufGives(seed: UInt64) async throws {
        let folder = try TemporaryFolder()
        let store = try TraceStore.testing(folder)
        var generator = SpanGenerator(seed: seed)
        let request = generator.request(spans: 50)
        let json = OTLPJSON(numbersAsText: seed % 2 == 0, namesOfEnumerations: seed % 2 == 1).encode(request)
        _ = try await store.push(Array(json.utf8), encoding: .json, tenant: "json")
        _ = try await store.push(request.protobuf, encoding: .protobuf, tenant: "protobuf")
        let found = StoredSpans.all(in: store.snapshot(tenant: "json"))
        #expect(found == StoredSpans.all(in: store.snapshot(tenant: "protobuf")))
        #expect(found.count == 50)
    }

    /// A request that is cut anywhere is refused whole, or is a shorter request; it never traps.
    @Test func requestsThatAreCutAreRefusedWhole() async throws {
        let folder = try TemporaryFolder()
        let store = try TraceStore.testing(folder)
        var generator = SpanGenerator(seed: 2)
        let body = generator.request(spans: 4).protobuf
        var refused = 0
        for length in 0..<body.count {
            do {
                _ = try await store.push(Array(body[..<length]), encoding: .protobuf, tenant: "t\(length)")
            } catch is PushError {
                refused += 1
                #expect(store.snapshot(tenant: "t\(length)") == nil)
            }
        }
        #expect(refused > body.count * 9 / 10)
    }

    // MARK: Limits

    /// One span with what a closure gives it.
    private static func request(_ change: (inout TraceSpan) -> Void) -> [UInt8] {
        var span = TraceSpan(traceID: Array(1...16), spanID: Array(1...8), name: "limits")
        change(&span)
        return Trace(resourceSpans: [ResourceSpans(scopeSpans: [ScopeSpans(spans: [span])])]).protobuf
    }

    private static func stored(
        _ body: [UInt8], _ change: (inout IngestLimits) -> Void = { _ in }
    ) async throws -> TraceSpan {
        let folder = try TemporaryFolder()
        let store = try TraceStore.testing(folder) { change(&$0.limits) }
        _ = try await store.push(body, encoding: .protobuf, tenant: "t")
        return try #require(StoredSpans.all(in: store.snapshot(tenant: "t")).first).span
    }

    @Test func longKeysAndTextsAreCutAtWholeCharacters() async throws {
        let long = String(repeating: "ж", count: 500_000)
        let body = Self.request { span in
            span.name = long
            span.attributes = [
                KeyValue(key: long, value: .string(long)), KeyValue(key: "x" + long, value: .string("x" + long)),
            ]
        }
        let span = try await Self.stored(body)
        let even = String(repeating: "ж", count: 1024)
        let odd = "x" + String(repeating: "ж", count: 1023)
        #expect(
            span.attributes == [KeyValue(key: even, value: .string(even)), KeyValue(key: odd, value: .string(odd))])
        // Only attributes are cut.
        #expect(span.name == long)
        let uncut = try await Self.stored(body) { $0.maxAttributeBytes = 0 }
        #expect(uncut.attributes.first?.key == long)
    }

    @Test func brokenUTF8IsCutWhereItIs() async throws {
        let body = Self.request {
            $0.attributes = [KeyValue(key: "k", value: .string(String(repeating: "a", count: 10)))]
        }
        // Continuation bytes only.
        let broken = body.map { $0 == 0x61 ? 0x80 : $0 }
        let folder = try TemporaryFolder()
        let store = try TraceStore.testing(folder) { $0.limits.maxAttributeBytes = 4 }
        _ = try await store.push(broken, encoding: .protobuf, tenant: "t")
        let view = try #require(store.snapshot(tenant: "t")?.views.first)
        let text = UInt32(truncatingIfNeeded: view.columns.pairPayload[0])
        #expect(Array(view.columns.bytes(text)) == [0x80, 0x80, 0x80, 0x80])
    }

    @Test func whatIsTooManyIsDroppedAndCounted() async throws {
        let attributes = (0..<100_000).map { KeyValue(key: "k\($0)", value: .int(1)) }
        let body = Self.request { span in
            span.attributes = attributes
            span.droppedAttributesCount = 5
            span.events = (0..<20).map { SpanEvent(name: "e\($0)", attributes: Array(attributes[..<5])) }
            span.links = (0..<20).map { _ in SpanLink(traceID: Array(1...16), spanID: Array(1...8)) }
            span.droppedLinksCount = .max
        }
        let span = try await Self.stored(body) {
            $0.maxAttributes = 3
            $0.maxEvents = 2
            $0.maxLinks = 4
        }
        #expect(span.attributes == Array(attributes[..<3]))
        #expect(span.droppedAttributesCount == 99_997 + 5)
        #expect(span.events.map(\.name) == ["e0", "e1"])
        #expect(span.events.map(\.attributes.count) == [3, 3])
        #expect(span.events.map(\.droppedAttributesCount) == [2, 2])
        #expect(span.droppedEventsCount == 18)
        #expect(span.links.count == 4)
        #expect(span.droppedLinksCount == .max)
    }

    @Test func linksWithBadIdentifiersAndListsThatAreTooLargeAreDroppedAndCounted() async throws {
        let body = Self.request { span in
            span.links = [SpanLink(traceID: [1], spanID: Array(1...8)), SpanLink(traceID: [], spanID: [])]
            span.attributes = [
                KeyValue(key: "big", value: AnyValue(.bytes(Array(repeating: 7, count: 2000)))),
                KeyValue(key: "small", value: AnyValue(.bytes([7]))),
            ]
        }
        let span = try await Self.stored(body) { $0.maxEncodedValueBytes = 1999 }
        #expect(span.links == [SpanLink()])
        #expect(span.droppedLinksCount == 1)
        #expect(span.attributes.map(\.key) == ["small"])
        #expect(span.droppedAttributesCount == 1)
    }

    /// Lists in lists, as deep as wanted.
    private static func nested(_ depth: Int) -> AnyValue {
        (0..<depth).reduce(AnyValue.int(1)) { value, level in
            level % 2 == 0
                ? AnyValue(.array(ArrayValue(values: [value])))
                : AnyValue(.keyValueList(KeyValueList(values: [KeyValue(key: "k", value: value)])))
        }
    }

    @Test func valuesThatNestTooDeepAreMalformed() async throws {
        let span = try await Self.stored(Self.request { $0.attributes = [KeyValue(key: "k", value: Self.nested(32))] })
        #expect(span.attributes.first?.value == Self.nested(32))
        await #expect(throws: PushError.malformed("attribute value nests deeper than 32 lists")) {
            _ = try await Self.stored(Self.request { $0.attributes = [KeyValue(key: "k", value: Self.nested(33))] })
        }
        // Whatever is configured, the stack is safe: 100,000 lists of one element in each other.
        var value: [UInt8] = [0x18, 1]
        for _ in 0..<2000 {
            var list = ProtobufWriter()
            list.field(1, bytes: value)
            var outer = ProtobufWriter()
            outer.field(5, bytes: list.bytes)
            value = outer.bytes
        }
        var pair = ProtobufWriter()
        pair.field(2, bytes: value)
        var span2 = ProtobufWriter()
        span2.field(9, bytes: pair.bytes)
        var scope = ProtobufWriter()
        scope.field(2, bytes: span2.bytes)
        var resource = ProtobufWriter()
        resource.field(2, bytes: scope.bytes)
        var body = ProtobufWriter()
        body.field(1, bytes: resource.bytes)
        let deep = body.bytes
        await #expect(throws: PushError.malformed("attribute value nests deeper than 1000000 lists")) {
            _ = try await Self.stored(deep) { $0.maxValueDepth = 1_000_000 }
        }
        let json = String(repeating: #"{"arrayValue":{"values":["#, count: 5000)
        let folder = try TemporaryFolder()
        let store = try TraceStore.testing(folder) { $0.limits.maxValueDepth = 1_000_000 }
        let text = #"{"resourceSpans":[{"resource":{"attributes":[{"key":"k","value":"# + json
        await #expect(throws: PushError.self) {
            _ = try await store.push(Array(text.utf8), encoding: .json, tenant: "t")
        }
        let skipped = #"{"unknown":"# + String(repeating: "[", count: 100_000)
        await #expect(throws: PushError.self) {
            _ = try await store.push(Array(skipped.utf8), encoding: .json, tenant: "t")
        }
    }

    @Test func requestsBeyondALimitAreTooLarge() async throws {
        var generator = SpanGenerator(seed: 4)
        let body = generator.request(spans: 20).protobuf
        let limits: [(inout IngestLimits) -> Void] = [
            { $0.maxRequestBytes = body.count - 1 }, { $0.maxSpansPerRequest = 19 }, { $0.maxElementsPerRequest = 10 },
        ]
        for limit in limits {
            let folder = try TemporaryFolder()
            let store = try TraceStore.testing(folder) { limit(&$0.limits) }
            do {
                _ = try await store.push(body, encoding: .protobuf, tenant: "t")
                Issue.record("the request was stored")
            } catch let error as PushError {
                guard case .tooLarge = error else { throw error }
            }
            #expect(store.tenantNames().isEmpty)
        }
        let roomy = try TemporaryFolder()
        let exact = try TraceStore.testing(roomy) {
            $0.limits.maxRequestBytes = body.count
            $0.limits.maxSpansPerRequest = 20
        }
        #expect(try await exact.push(body, encoding: .protobuf, tenant: "t").acceptedSpans == 20)
    }

    /// Resources and scopes without spans take two bytes each on the wire and many more in memory.
    @Test func resourcesAndScopesCount() async throws {
        let folder = try TemporaryFolder()
        let store = try TraceStore.testing(folder) { $0.limits.maxElementsPerRequest = 10 }
        let resources = [UInt8](repeating: 0, count: 22).enumerated().map { $0.offset % 2 == 0 ? UInt8(0x0a) : 0 }
        let scopes =
            [0x0a, 20] + [UInt8](repeating: 0, count: 20).enumerated().map { $0.offset % 2 == 0 ? UInt8(0x12) : 0 }
        let error = PushError.tooLarge(
            "request holds more than 10 attributes, events, links, resources and scopes")
        for body in [resources, scopes] {
            await #expect(throws: error) { _ = try await store.push(body, encoding: .protobuf, tenant: "t") }
        }
        let fewer = Array(resources.dropLast(2))
        #expect(try await store.push(fewer, encoding: .protobuf, tenant: "t").acceptedSpans == 0)
    }

    @Test func tenantsBeyondTheLimitAreRefused() async throws {
        var generator = SpanGenerator(seed: 4)
        let body = generator.request(spans: 2).protobuf
        let folder = try TemporaryFolder()
        let store = try TraceStore.testing(folder) { $0.maxTenants = 2 }
        for tenant in ["a", "b", "a"] { _ = try await store.push(body, encoding: .protobuf, tenant: tenant) }
        await #expect(throws: PushError.overloaded("the limit of 2 tenants is reached", retryAfterSeconds: 60)) {
            _ = try await store.push(body, encoding: .protobuf, tenant: "c")
        }
    }
}

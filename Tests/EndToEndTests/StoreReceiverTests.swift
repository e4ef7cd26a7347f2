import Foundation
import TestSupport
import Testing

/// OTLP over HTTP as exporters meet it: encodings, tenants, refusals, counters.
@Suite(.ownThreads, .timeLimit(.minutes(20))) struct StoreReceiverTests {
    private static let protobuf = "application/x-protobuf"

    private func span(_ number: Int, _ name: String) -> StoredSpan {
        let digits = String(number, radix: 16)
        return StoredSpan(
            traceID: String(repeating: "0", count: 32 - digits.count) + digits,
            spanID: String(repeating: "0", count: 16 - digits.count) + digits, service: "svc", name: name,
            start: StoredSpan.recently(), end: StoredSpan.recently(5_000_000))
    }

    private func lookUp(_ store: RunningStore, _ span: StoredSpan, _ tenant: String?) throws -> [String] {
        try store.get("/api/v2/traces/\(span.traceID)", tenants: tenant).spanNames()
    }

    @Test func `a span is there once its export is answered, in both encodings, plain and compressed`() throws {
        let store = try RunningStore(RunningStore.Folder())
        defer { store.stop() }
        let spans = (1...4).map { span($0, "span \($0)") }
        let gzip = [("Content-Encoding", "gzip")]
        let pushes: [(body: [UInt8], type: String, fields: [(String, String)])] = [
            (try StoredSpan.json([spans[0]]), "application/json; charset=utf-8", []),
            (StoredSpan.protobuf([spans[1]]), Self.protobuf, []),
            (StoredGzip.wrap(try StoredSpan.json([spans[2]])), "application/json", gzip),
            (StoredGzip.wrap(StoredSpan.protobuf([spans[3]])), Self.protobuf, gzip),
        ]
        for (index, push) in pushes.enumerated() {
            let answer = try store.push(push.body, tenant: "foo", contentType: push.type, fields: push.fields)
            #expect(answer.status == 200, "\(index): \(answer.text)")
            #expect(answer["Content-Type"] == String(push.type.prefix { $0 != ";" }))
            #expect(answer.text == (push.type == Self.protobuf ? "" : "{}"))
            #expect(try lookUp(store, spans[index], "foo") == ["span \(index + 1)"])
            #expect(try lookUp(store, spans[index], "bar") == [])
        }
        let metrics = try store.get("/metrics", tenants: nil).text
        #expect(metrics.contains(#"tempo_distributor_spans_received_total{tenant="foo"} 4"#))
        let bytes = metrics.split(separator: "\n").first {
            $0.hasPrefix(#"tempo_distributor_bytes_received_total{tenant="foo"} "#)
        }
        #expect(Int(bytes?.split(separator: " ").last ?? "") ?? 0 > 400)
    }

    @Test func `an export without spans is taken`() throws {
        let store = try RunningStore(RunningStore.Folder())
        defer { store.stop() }
        #expect(try store.push([], tenant: "foo", contentType: Self.protobuf).status == 200)
        #expect(try store.push(Array("{}".utf8), tenant: "foo").status == 200)
    }

    @Test func `refusals are in the terms of OTLP`() throws {
        let store = try RunningStore(
            RunningStore.Folder(), .init(receiver: ["max_request_body_size: 100000"]))
        defer { store.stop() }
        let good = try StoredSpan.json([span(1, "a")])
        struct Row {
            var what: String
            var status: Int
            var says: String
            var code: Int64?
            var answer: RawResponse
        }
        let rows = [
            Row(what: "no tenant", status: 401, says: "no org id", code: 16, answer: try store.push(good, tenant: nil)),
            Row(
                what: "two tenants", status: 400, says: "multiple org IDs present", code: 3,
                answer: try store.push(good, tenant: "a|b")),
            Row(
                what: "a bad tenant", status: 400, says: "tenant ID 'a b' contains unsupported character ' '", code: 3,
                answer: try store.push(good, tenant: "a b")),
            Row(
                what: "a text", status: 415, says: "unsupported media type", code: nil,
                answer: try store.push(good, tenant: "a", contentType: "text/plain")),
            Row(
                what: "no type", status: 415, says: "unsupported media type", code: nil,
                answer: try store.push(good, tenant: "a", contentType: nil)),
            Row(
                what: "GET", status: 405, says: "method not allowed", code: nil,
                answer: try store.push([], tenant: "a", method: "GET")),
            Row(
                what: "logs", status: 404, says: "page not found", code: nil,
                answer: try store.push(good, tenant: "a", target: "/v1/logs")),
            Row(
                what: "broken JSON", status: 400, says: "", code: 3,
                answer: try store.push(Array(#"{"resourceSpans":[{"#.utf8), tenant: "a")),
            Row(
                what: "other JSON", status: 400, says: "", code: 3,
                answer: try store.push(Array("[1]".utf8), tenant: "a")),
            Row(
                what: "zstd", status: 415, says: "", code: nil,
                answer: try store.push(good, tenant: "a", fields: [("Content-Encoding", "zstd")])),
            Row(
                what: "too large as sent", status: 413, says: "", code: nil,
                answer: try store.push([UInt8](repeating: 32, count: 100_001), tenant: "a")),
            Row(
                what: "too large once unpacked", status: 413, says: "100000", code: 3,
                answer: try store.push(
                    StoredGzip.zeros(200_000), tenant: "a", fields: [("Content-Encoding", "gzip")])),
        ]
        for row in rows {
            #expect(row.answer.status == row.status, "\(row.what): \(row.answer.text)")
            #expect(row.says.isEmpty || row.answer.text.contains(row.says), "\(row.what): \(row.answer.text)")
            if let code = row.code {
                #expect(row.answer["Content-Type"] == "application/json", "\(row.what)")
                #expect(try row.answer.json()["code"]?.integer == code, "\(row.what): \(row.answer.text)")
                #expect(try row.answer.json()["message"]?.text?.isEmpty == false, "\(row.what): \(row.answer.text)")
            }
        }
        let broken = try store.push([0xFF, 0xFF, 0xFF], tenant: "a", contentType: Self.protobuf)
        #expect(broken.status == 400)
        #expect(broken["Content-Type"] == Self.protobuf)
        let status = try ProtobufSchema([1: ("code", .number), 2: ("message", .string)]).decode(broken.body)
        #expect(status["code"]?.integer == 3)
        // The refused left nothing behind, and the receiver goes on.
        #expect(try store.push(good, tenant: "a").status == 200)
    }

    @Test func `spans with bad ids are rejected one by one`() throws {
        let store = try RunningStore(RunningStore.Folder())
        defer { store.stop() }
        var bad = span(1, "bad")
        bad.traceID = String(repeating: "0", count: 32)
        let good = span(2, "good")
        let answer = try store.push(try StoredSpan.json([bad, good]), tenant: "foo")
        #expect(answer.status == 200)
        let partial = try answer.json()["partialSuccess"]
        #expect(partial?["rejectedSpans"]?.text == "1", "\(answer.text)")
        #expect(partial?["errorMessage"]?.text?.isEmpty == false)
        #expect(try lookUp(store, good, "foo") == ["good"])
        let metrics = try store.get("/metrics", tenants: nil).text
        #expect(metrics.contains(#"tempo_discarded_spans_total{reason="invalid_span",tenant="foo"} 1"#))
    }

    @Test func `a tenant that sends more than its rate is told when to come back`() throws {
        let store = try RunningStore(
            RunningStore.Folder(),
            .init(root: ["overrides: {defaults: {ingestion: {rate_limit_bytes: 1, burst_size_bytes: 10}}}"]))
        defer { store.stop() }
        let body = try StoredSpan.json([span(1, "a")])
        #expect(try store.push(body, tenant: "foo").status == 200)
        let refused = try store.push(body, tenant: "foo")
        #expect(refused.status == 429)
        #expect(Int(refused["Retry-After"] ?? "") ?? 0 > 0)
        #expect(try refused.json()["code"]?.integer == 8)
        #expect(try store.push(body, tenant: "bar").status == 200)
        let metrics = try store.get("/metrics", tenants: nil).text
        #expect(metrics.contains(#"tempo_discarded_spans_total{reason="rate_limited",tenant="foo"} 1"#))
    }

    @Test func `without multitenancy the header is ignored`() throws {
        let store = try RunningStore(RunningStore.Folder(), .init(multitenancy: false))
        defer { store.stop() }
        let one = span(1, "one")
        let two = span(2, "two")
        #expect(try store.push(try StoredSpan.json([one]), tenant: nil).status == 200)
        #expect(try store.push(try StoredSpan.json([two]), tenant: "any|one").status == 200)
        for span in [one, two] { #expect(try lookUp(store, span, nil) == [span.name]) }
        let metrics = try store.get("/metrics", tenants: nil).text
        #expect(metrics.contains(#"tempo_distributor_spans_received_total{tenant="single-tenant"} 2"#))
    }
}

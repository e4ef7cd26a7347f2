import Foundation
import HTTPTransport
import TempoAPI
import Testing
import TraceStore

@testable import QueryFrontend
import TestSupport

/// The frontend and the receiver over a store in this process, without a socket.
@Suite(.timeLimit(.minutes(20))) struct EmbeddedStoreTests {
    private static func export(_ name: String, id: UInt8) -> [UInt8] {
        let span = TraceSpan(
            traceID: [UInt8](repeating: id, count: 16), spanID: [UInt8](repeating: id, count: 8), name: name,
            startTimeUnixNano: 1_000_000_000, endTimeUnixNano: 2_000_000_000)
        return Trace(resourceSpans: [ResourceSpans(scopeSpans: [ScopeSpans(spans: [span])])]).protobuf
    }

    @Test func `before it is open it says that it is starting, and makes no folder`() async throws {
        let house = try StoreHarness()
        let query = try await house.get("/api/search?q=%7B%7D", "a|b")
        #expect(query.status == 503)
        #expect(query.text == "the store is starting")
        #expect(try await house.get("/ready", "a").status == 503)
        let push = try await house.push(HTTPRequestBody(Self.export("x", id: 1)), "a")
        #expect(push.status == 503)
        #expect(push.fields["Retry-After"] == "1")
        #expect(try RPCStatus.decode(protobuf: push.body) == RPCStatus(code: 14, message: "the store is starting"))
        #expect(!FileManager.default.fileExists(atPath: house.folder.path))
    }

    @Test func `what is pushed is found by its tenant alone`() async throws {
        let house = try StoreHarness()
        try await house.running {
            #expect(try await house.push(HTTPRequestBody(Self.export("one", id: 7)), "a").status == 200)
            let path = "/api/traces/" + String(repeating: "07", count: 16)
            #expect(try await house.get(path, "a").text.contains(#""name":"one""#))
            #expect(try await house.get(path, "b").status == 404)
            #expect(try await house.get(path, "a|b").text.contains(#""name":"one""#))
            let upstreams = try await house.get("/status/upstreams", "a").text
            #expect(upstreams.contains("| store | \(house.folder.path)"))
            let refused = try await house.get("/api/v2/traces/diff", "a").status
            #expect(refused == 405 || refused == 501)
        }
    }

    @Test func `more bytes in flight than allowed are refused, and given back`() async throws {
        let house = try StoreHarness(
            "distributor: {max_inflight_bytes: 1000, receivers: {otlp: {protocols: {http: {max_request_body_size: 1000}}}}}"
        )
        try await house.running {
            let half = [UInt8](repeating: 0, count: 600)
            let arrived = Gate()
            let going = Gate()
            try await withThrowingTaskGroup(of: Void.self) { tasks in
                let sent = FoldState(false)
                let slow = HTTPRequestBody {
                    let isFirst = sent.update { sent in
                        defer { sent = true }
                        return !sent
                    }
                    if isFirst { return half }
                    arrived.open()
                    try await going.wait()
                    return nil
                }
                // Not protobuf, as it turns out.
                tasks.addTask {
                    let answer = try await house.push(slow, "a")
                    #expect(answer.status == 400)
                }
                try await arrived.wait()
                let refused = try await house.push(HTTPRequestBody(half), "b")
                #expect(refused.status == 429)
                #expect(refused.fields["Retry-After"] == "1")
                #expect(try RPCStatus.decode(protobuf: refused.body).code == 8)
                going.open()
                try await tasks.waitForAll()
            }
            #expect(try await house.push(HTTPRequestBody(half), "b").status == 400)
            #expect(try await house.push(HTTPRequestBody([UInt8](repeating: 0, count: 1001)), "b").status == 413)
            #expect(try await house.push(HTTPRequestBody(Self.export("x", id: 1)), "b").status == 200)
        }
    }

    @Test func `what is kept of a tenant is what its limits say`() {
        var limits = TenantLimits()
        #expect(limits.retentionPolicy == RetentionPolicy(age: 14 * 86400 * 1_000_000_000, bytes: 0))
        limits.blockRetention = .seconds(60)
        limits.blockRetentionBytes = 1000
        #expect(limits.retentionPolicy == RetentionPolicy(age: 60_000_000_000, bytes: 1000))
        limits.blockRetentionBytes = -1
        #expect(limits.retentionPolicy.bytes == 0)
    }

    @Test func `a folder that is in use cannot be opened again`() async throws {
        let house = try StoreHarness()
        try await house.running {
            let second = EmbeddedStore(
                configuration: house.service.configuration, overrides: OverridesStore(),
                logger: Logger(sink: CollectedLog()))
            await #expect(throws: (any Error).self) { try await second.open() }
        }
    }
}

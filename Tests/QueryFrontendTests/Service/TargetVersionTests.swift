import HTTPTransport
import Synchronization
import TestSupport
import Testing

@testable import QueryFrontend

/// What is learned of targets is remembered for ten minutes.
@Suite(.timeLimit(.minutes(20))) struct TargetVersionTests {
    private final class MovableClock: WallClock {
        private let now = Mutex<Int64>(1_795_220_000_000_000_000)
        var unixNanoseconds: Int64 { now.withLock { $0 } }
        func advance(seconds: Int64) { now.withLock { $0 += seconds * 1_000_000_000 } }
    }

    private static let tags = #"{"scopes":[{"name":"span","tags":["a"]}]}"#
    private static let traces = #"{"traces":[],"metrics":{}}"#

    private static func service(
        _ clock: MovableClock, _ script: @escaping ScriptedTransport.Script
    ) throws -> (FrontendService, ScriptedTransport) {
        let loaded = try ConfigurationLoader.load(
            try CommandLineOptions.parse(["-config.file=f"]), environment: [:],
            readFile: ConfigurationLoaderTests.files(["f": ServiceHarness.twoTargets]))
        let transport = ScriptedTransport(script)
        let logger = Logger(level: .error, sink: CollectedLog())
        let metrics = FrontendMetrics()
        let service = FrontendService(
            configuration: loaded.configuration, overrides: loaded.overridesStore(metrics: metrics, logger: logger),
            transport: transport, logger: logger, metrics: metrics, clock: clock)
        service.phase = .running
        return (service, transport)
    }

    private static func get(_ service: FrontendService, _ target: String) async throws -> ServiceAnswer {
        let request = HTTPServerRequest(
            method: "GET", target: target, fields: HTTPFields([("X-Scope-OrgID", "a")]), body: HTTPRequestBody([]))
        return try await ServiceAnswer(await service.respond(to: request))
    }

    @Test func `an endpoint that is lacking is asked for again after ten minutes`() async throws {
        let clock = MovableClock()
        let (service, transport) = try Self.service(clock) { request in
            if request.path == "/api/status/buildinfo" { return .json(#"{"version":"2.2.0"}"#) }
            if request.target == "two" { return .text(404, "404 page not found\n") }
            return .json(Self.traces)
        }
        func ask() async throws -> [String] {
            let before = transport.requests.count
            let answer = try await Self.get(service, "/api/search?q=%7B%7D&start=1000&end=2000")
            #expect(answer.status == 200)
            #expect(answer.fields["X-Tempo-Federation-Reason"] == "target two does not serve /api/search")
            return transport.requests.dropFirst(before).map(\.label).sorted()
        }
        #expect(
            try await ask() == ["a@one GET /api/search", "a@two GET /api/search", "a@two GET /api/status/buildinfo"])
        #expect(try await ask() == ["a@one GET /api/search"])
        clock.advance(seconds: 599)
        #expect(try await ask() == ["a@one GET /api/search"])
        clock.advance(seconds: 1)
        #expect(
            try await ask() == ["a@one GET /api/search", "a@two GET /api/search", "a@two GET /api/status/buildinfo"])
        #expect(service.exchanges.map(\.state.snapshot.version) == [nil, "2.2.0"])
    }

    @Test func `a gateway that has lost its Tempo for a moment is missing, and asked again`() async throws {
        let isAway = Mutex(false)
        let (service, _) = try Self.service(MovableClock()) { request in
            if request.target == "two", isAway.withLock({ $0 }) { return .text(404, "404 page not found\n") }
            return request.path == "/api/status/buildinfo" ? .json(#"{"version":"2.8.1"}"#) : .json(Self.traces)
        }
        let search = "/api/search?q=%7B%7D&start=1000&end=2000"
        #expect(try await Self.get(service, search).status == 200)
        isAway.withLock { $0 = true }
        let answer = try await Self.get(service, search)
        #expect(answer.status == 502)
        #expect(answer.text.contains("target two does not serve this path"), "\(answer.text)")
        isAway.withLock { $0 = false }
        #expect(try await Self.get(service, search).fields["X-Tempo-Federation"] == "exact")
    }

    @Test func `a version is shown in few visible characters`() {
        let state = TargetState()
        state.note(version: "2.8\r\n\u{1B}[31m" + String(repeating: "e\u{301}", count: 1000))
        #expect(state.snapshot.version?.hasPrefix("2.8???[31me?e?") == true)
        #expect(state.snapshot.version?.utf8.count == 64)
        state.note(version: nil)
        #expect(state.snapshot.version == nil)
    }

    @Test func `versions of targets that are used are asked for, once in ten minutes`() async throws {
        let clock = MovableClock()
        let asked = AsyncStream.makeStream(of: String.self)
        let (service, _) = try Self.service(clock) { request in
            guard request.path == "/api/status/buildinfo" else { return .json(Self.tags) }
            asked.continuation.yield(request.asker)
            return request.target == "one" ? .json(#"{"version":"2.8.1"}"#) : .text(500, "no")
        }
        await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await service.maintain() }
            group.addTask {
                var probes = asked.stream.makeAsyncIterator()
                for _ in 1...2 {
                    // A second query asks for nothing: its probes would stand before those of the next round.
                    _ = try await Self.get(service, "/api/v2/search/tags?start=1000&end=2000")
                    _ = try await Self.get(service, "/api/v2/search/tags?start=1000&end=2000")
                    // One answers, the other fails and is left at that.
                    var names: [String] = []
                    for _ in 1...2 { names.append(await probes.next() ?? "") }
                    #expect(names.sorted() == ["one", "two"])
                    clock.advance(seconds: 600)
                }
                throw CancellationError()
            }
            await #expect(throws: CancellationError.self) { try await group.next() }
            group.cancelAll()
        }
        #expect(service.exchanges.map(\.state.snapshot.version) == ["2.8.1", nil])
    }

    @Test(arguments: [
        ("", 404), ("trace not found", 404), ("Trace not found\n", 404), ("trace a1b2 Not Found", 404),
        (#"{"message":"Trace not found"}"#, 404), ("404 page not found\n", 502), ("not found", 502),
        ("Not Found: /api/traces/1", 502), ("<html>trace not found</html>", 502),
        (#"{"error":"Not Found","traceId":"1"}"#, 502),
        ("trace not found" + String(repeating: ".", count: 300), 502),
    ])
    func `a 404 that speaks of a trace is the answer of a lookup`(_ body: String, _ status: Int) async throws {
        // An older Tempo serves /api/traces only; another says the same on the newer path.
        for isOld in [true, false] {
            let (service, transport) = try Self.service(MovableClock()) { request in
                isOld && request.path.hasPrefix("/api/v2/")
                    ? .text(404, "404 page not found\n") : ScriptedAnswer(status: 404, body: Array(body.utf8))
            }
            let answer = try await Self.get(service, "/api/traces/0a0102030405060708090a0b0c0d0e0f")
            #expect(answer.status == status, "\(body), \(isOld): \(answer.text)")
            #expect(
                transport.requests.contains { $0.path.hasPrefix("/api/traces/") } == (isOld || body.hasPrefix("404")))
        }
    }

    @Test(arguments: [
        ("resource.a.b", "a.b"), ("span.x", "x"), (".x", "x"), ("x", "x"), ("span:name", "name"),
        ("trace:rootName", "rootName"), ("status", "status"),
    ])
    func `older endpoints know tags without scope`(_ name: String, _ plain: String) {
        #expect(HTTPUpstream.firstVersionName(name) == plain)
    }

    @Test(arguments: ["event.a", "link.a", "instrumentation.a", "parent.a", "trace:id", "event:name"])
    func `and others not at all`(_ name: String) {
        #expect(HTTPUpstream.firstVersionName(name) == nil)
    }
}

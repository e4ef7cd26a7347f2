import HTTPTransport
import Synchronization

@testable import QueryFrontend
import TestSupport

/// A frontend over scripted targets, with a clock that stands still.
struct ServiceHarness: Sendable {
    let service: FrontendService
    let transport: ScriptedTransport
    let log = CollectedLog()
    let metrics = FrontendMetrics()

    /// 2026-11-21T00:13:20Z.
    static let unixSeconds: Int64 = 1_795_220_000

    /// `multitenancy_enabled: true` and one target called `one`.
    static let oneTarget = """
        multitenancy_enabled: true
        federation: {proxy_targets: [{name: one, url: 'http://one'}]}
        """
    /// The same with a second target called `two`.
    static let twoTargets = """
        multitenancy_enabled: true
        federation: {proxy_targets: [{name: one, url: 'http://one'}, {name: two, url: 'http://two'}]}
        """

    struct FixedClock: WallClock {
        let unixNanoseconds = ServiceHarness.unixSeconds * 1_000_000_000
    }

    /// - Parameters:
    ///   - config: the text of a configuration file.
    ///   - overrides: the text of the file that `per_tenant_override_config` names.
    ///   - targetClock: by which attempts, pauses and circuits go; chance always gives the shortest pause.
    ///   - hasDefaultTimes: `server.http_server_write_timeout` and a target's `timeout` are 30 seconds where nothing else is said;
    ///     if not, half an hour, so that no test depends on how fast the machine is.
    ///   - allowedHeaders: `allowed_headers` as an embedding program may set it, past the checks of a file.
    init(
        _ config: String = oneTarget, overrides: String = "", allowedHeaders: [String] = [],
        hasDefaultTimes: Bool = false, clock: any WallClock = FixedClock(),
        targetClock: any MonotonicClock = SystemMonotonicClock(),
        script: @escaping ScriptedTransport.Script
    ) throws {
        var loaded = try ConfigurationLoader.load(
            try CommandLineOptions.parse(["-config.file=main"]), environment: [:],
            readFile: { (path: String) throws(FileReadError) in Array((path == "main" ? config : overrides).utf8) })
        loaded.configuration.queryFrontend.allowedHeaders += allowedHeaders
        // What is asked must not depend on how fast the machine is that runs the tests.
        let (given, unhurried) = (Duration.seconds(30), Duration.seconds(1800))
        if !hasDefaultTimes, loaded.configuration.server.httpServerWriteTimeout == given {
            loaded.configuration.server.httpServerWriteTimeout = unhurried
        }
        for index in loaded.configuration.federation.proxyTargets.indices {
            if !hasDefaultTimes, loaded.configuration.federation.proxyTargets[index].timeout == given {
                loaded.configuration.federation.proxyTargets[index].timeout = unhurried
            }
            let resilience = loaded.configuration.federation.proxyTargets[index].resilience
            guard resilience.hedgeAfter == .learned else { continue }
            loaded.configuration.federation.proxyTargets[index].resilience.hedgeAfter = .after(.zero)
        }
        let transport = ScriptedTransport(script)
        let logger = Logger(level: .debug, sink: log)
        self.transport = transport
        service = FrontendService(
            configuration: loaded.configuration, overrides: loaded.overridesStore(metrics: metrics, logger: logger),
            transport: transport, logger: logger, metrics: metrics, clock: clock,
            targetEnvironment: TargetEnvironment(clock: targetClock, wallClock: clock, chance: { 0 }))
        service.phase = .running
    }

    func get(_ target: String, tenant: String? = "a", fields: [(String, String)] = []) async throws -> ServiceAnswer {
        try await send("GET", target, fields: (tenant.map { [("X-Scope-OrgID", $0)] } ?? []) + fields)
    }

    func send(
        _ method: String, _ target: String, fields: [(String, String)] = [], body: [UInt8] = []
    ) async throws -> ServiceAnswer {
        let request = HTTPServerRequest(
            method: method, target: target, fields: HTTPFields(fields), body: HTTPRequestBody(body))
        return try await ServiceAnswer(await service.respond(to: request))
    }
}

/// A response with its body read to the end.
struct ServiceAnswer: Sendable {
    let status: Int
    let fields: HTTPFields
    let body: [UInt8]
    let isCompressible: Bool

    struct WrongLength: Error {
        let announced: Int
        let written: Int
    }

    var text: String { String(decoding: body, as: UTF8.self) }
    var json: JSONValue? { try? JSONValue(parsing: body) }

    init(_ response: HTTPResponse) async throws {
        status = response.status
        fields = response.fields
        isCompressible = response.compressible
        switch response.body {
        case .bytes(let bytes): body = bytes
        case .stream(let length, let produce):
            let buffer = HTTPBodyBuffer(limit: 64 << 20)
            try await produce(buffer)
            body = buffer.bytes
            if let length, length != body.count {
                throw WrongLength(announced: length, written: body.count)
            }
        }
    }
}

/// Log lines in memory.
final class CollectedLog: LogSink {
    private let collected = Mutex<[String]>([])
    var lines: [String] { collected.withLock { $0 } }
    func write(_ line: [UInt8]) { collected.withLock { $0.append(String(decoding: line, as: UTF8.self)) } }
}

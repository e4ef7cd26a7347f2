import Foundation
import HTTPTransport
import TestSupport

@testable import QueryFrontend

/// A frontend and a receiver over a store in this process, without a socket.
struct StoreHarness {
    let store: EmbeddedStore
    let service: FrontendService
    let receiver: OTLPReceiver
    let log = CollectedLog()
    let folder: URL

    /// - Parameter more: lines of the configuration beside the folder and `multitenancy_enabled`.
    init(_ more: String = "", clock: any WallClock = SystemWallClock()) throws {
        folder = FileManager.default.temporaryDirectory.appendingPathComponent("embedded-\(UUID().uuidString)")
        let text = """
            multitenancy_enabled: true
            storage: {trace: {local: {path: '\(folder.path)'}}}
            \(more)
            """
        let loaded = try ConfigurationLoader.load(
            try CommandLineOptions.parse(["-config.file=main"]), environment: [:],
            readFile: { (_: String) throws(FileReadError) in Array(text.utf8) })
        let logger = Logger(level: .debug, sink: log)
        let metrics = FrontendMetrics()
        let overrides = loaded.overridesStore()
        store = EmbeddedStore(configuration: loaded.configuration, overrides: overrides, logger: logger, clock: clock)
        service = FrontendService(
            configuration: loaded.configuration, overrides: overrides, store: store,
            transport: ScriptedTransport { _ in ScriptedAnswer(status: 500) }, logger: logger, metrics: metrics,
            clock: clock)
        receiver = OTLPReceiver(
            configuration: loaded.configuration, overrides: overrides, store: store, logger: logger,
            metrics: metrics)
    }

    func get(_ target: String, _ tenant: String) async throws -> ServiceAnswer {
        try await ServiceAnswer(
            await service.respond(
                to: HTTPServerRequest(
                    method: "GET", target: target, fields: HTTPFields([("X-Scope-OrgID", tenant)]))))
    }

    func push(
        _ body: HTTPRequestBody, _ tenant: String, contentType: String = "application/x-protobuf"
    ) async throws -> ServiceAnswer {
        try await ServiceAnswer(
            await receiver.respond(
                to: HTTPServerRequest(
                    method: "POST", target: "/v1/traces",
                    fields: HTTPFields([
                        ("X-Scope-OrgID", tenant), ("Content-Type", contentType),
                    ]), body: body)))
    }

    /// Opens the store, runs it while `body` works, and removes the folder.
    func running(_ body: @escaping @Sendable () async throws -> Void) async throws {
        defer { try? FileManager.default.removeItem(at: folder) }
        try await store.open()
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask {
                do { try await store.run() } catch is CancellationError {}
            }
            try await body()
            tasks.cancelAll()
            try await tasks.waitForAll()
        }
    }
}

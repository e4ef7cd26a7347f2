import Foundation
import HTTPTransport
import QueryFrontend

/// Whether a made-up shop is served.
enum DemoMode {
    case none, inFreshStore, inConfiguredStore
}

/// The parts of a running process: listeners, frontend, and the embedded store where there is one.
struct Server {
    private let loaded: LoadedConfiguration
    private let logger: Logger
    private let overrides: OverridesStore
    private let service: FrontendService
    private let frontend: HTTPServer
    private let store: EmbeddedStore?
    private let receiver: HTTPServer?
    private let demo: DemoMode

    private var configuration: FrontendConfiguration { loaded.configuration }

    init(_ loaded: LoadedConfiguration, demo: DemoMode, logger: Logger) throws {
        self.loaded = loaded
        self.demo = demo
        self.logger = logger
        let configuration = loaded.configuration
        let metrics = FrontendMetrics()
        overrides = loaded.overridesStore(metrics: metrics, logger: logger)
        let group = try EventLoopGroup(loopCount: max(1, min(ProcessInfo.processInfo.activeProcessorCount, 64)))
        let store =
            configuration.usesStore
            ? EmbeddedStore(configuration: configuration, overrides: overrides, logger: logger) : nil
        let service = FrontendService(
            configuration: configuration, overrides: overrides, store: store, group: group, logger: logger,
            metrics: metrics, tls: loaded.tls)
        var listener = HTTPServer.Configuration(configuration.server)
        listener.tls = loaded.tls?.server
        listener.onHandshakeFailure = Self.handshakeLog(logger, "http")
        let frontend = HTTPServer(configuration: listener, group: group) { request in
            await service.respond(to: request)
        }
        if let store, let http = configuration.distributor.otlpHTTP {
            let otlp = OTLPReceiver(
                configuration: configuration, overrides: overrides, store: store, logger: logger, metrics: metrics)
            var listener = HTTPServer.Configuration(receiver: http, server: configuration.server)
            listener.tls = loaded.tls?.receiver
            listener.onHandshakeFailure = Self.handshakeLog(logger, "otlp_http")
            receiver = HTTPServer(configuration: listener, group: group) { request in
                await otlp.respond(to: request)
            }
        } else {
            receiver = nil
        }
        store?.expose(in: metrics)
        metrics.exposeTCPConnections { frontend.openConnectionCount }
        metrics.tcpConnectionsLimit.with("http").set(Double(configuration.server.httpListenConnLimit))
        metrics.setBuildInfo(BuildInformation())
        self.service = service
        self.frontend = frontend
        self.store = store
    }

    /// The addresses that a start would listen at, looked up but not bound.
    static func checkAddresses(_ configuration: FrontendConfiguration) async throws {
        try await HTTPServer.checkAddress(of: HTTPServer.Configuration(configuration.server))
        if configuration.usesStore, let http = configuration.distributor.otlpHTTP {
            try await HTTPServer.checkAddress(
                of: HTTPServer.Configuration(receiver: http, server: configuration.server))
        }
    }

    private enum Ended {
        case listener, helper, store
    }

    /// Serves until a stop signal, then ends what runs: the listeners first, the store last, with everything on disk.
    /// - Throws: when a port is taken, the store cannot be opened, or it fails while it runs.
    func serve() async throws {
        // From here on a stop signal is an order to drain.
        let stops = try StopSignals().stream
        let address = try await frontend.start()
        var fields: [(String, LogValue)] = [("http", .string("\(address.host):\(address.port)"))]
        var receiverURL: String?
        if let receiver {
            let address = try await receiver.start()
            fields.append(("otlp_http", .string("\(address.host):\(address.port)")))
            receiverURL = Self.url(address, isSecure: loaded.tls?.receiver != nil)
        }
        let names = configuration.federation.proxyTargets.map(\.name)
        fields.append(("targets", .string(store == nil ? names.joined(separator: ",") : "store")))
        if let store { fields.append(("store", .string(store.path))) }
        fields.append(("version", .string(BuildInformation().version)))
        if store == nil { service.phase = .running }
        logger.log(.info, "server listening", fields: fields)

        try await withThrowingTaskGroup(of: Ended.self) { tasks in
            var listeners = 1
            tasks.addTask {
                try await frontend.run()
                return .listener
            }
            if let receiver {
                listeners += 1
                tasks.addTask {
                    try await receiver.run()
                    return .listener
                }
            }
            tasks.addTask {
                await obey(stops)
                return .helper
            }
            tasks.addTask {
                await service.maintain()
                return .helper
            }
            if loaded.overridesSource != nil {
                tasks.addTask {
                    try await reloadOverrides()
                    return .helper
                }
            }
            if let tls = loaded.tls {
                tasks.addTask {
                    try await reload(tls)
                    return .helper
                }
            }
            if let store {
                let base = Self.url(address, isSecure: loaded.tls?.server != nil)
                let questions = { @Sendable [receiverURL] (traceID: String) in
                    Demo.questions(traceID: traceID, base: base, receiver: receiverURL)
                }
                tasks.addTask {
                    try await run(store, questions)
                    return .store
                }
            }
            // The listeners end after a stop signal; the others only wait.
            while listeners > 0, let ended = try await tasks.next() {
                switch ended {
                case .listener: listeners -= 1
                case .helper: break
                case .store: throw StoreEnded()
                }
            }
            tasks.cancelAll()
            while let end = await tasks.nextResult() {
                // Everybody was cancelled; what the store could not write is an error all the same.
                if case .failure(let error) = end, !(error is CancellationError) { throw error }
            }
        }
        logger.info("stopped")
    }

    private struct StoreEnded: Error, CustomStringConvertible {
        var description: String { "the store ended by itself" }
    }

    /// Opens the store, says that the process is ready, and runs the store until it is cancelled.
    private func run(_ store: EmbeddedStore, _ questions: @escaping @Sendable (String) -> String) async throws {
        try await store.open()
        // A stop signal during a long opening has set its own phase.
        if service.phase == .starting { service.phase = .running }
        logger.info("ready")
        guard demo != .none else { return try await store.run() }
        let shop = Demo(store: store, isFresh: demo == .inFreshStore)
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try await store.run() }
            tasks.addTask {
                do {
                    try await shop.run { traceID in
                        FileHandle.standardOutput.write(Data(("\n" + questions(traceID) + "\n").utf8))
                        logger.info("demo filled", ["trace": .string(traceID)])
                    }
                } catch is CancellationError {
                    // The end of the program; the store's own end is still waited for.
                }
            }
            try await tasks.waitForAll()
        }
    }

    /// Says why clients are turned away before their first request, as Go's server does.
    private static func handshakeLog(_ logger: Logger, _ listener: String) -> @Sendable (String, String) -> Void {
        { client, reason in
            logger.log(
                .info, "TLS handshake failed",
                fields: [("listener", .string(listener)), ("client", .string(client)), ("err", .string(reason))])
        }
    }

    private static func url(_ address: HTTPServer.BoundAddress, isSecure: Bool) -> String {
        let isEvery = ["0.0.0.0", "::", ""].contains(address.host)
        let host = isEvery ? "127.0.0.1" : address.host.contains(":") ? "[\(address.host)]" : address.host
        return "\(isSecure ? "https" : "http")://\(host):\(address.port)"
    }

    private func obey(_ stops: AsyncStream<Int>) async {
        await withTaskGroup(of: Void.self) { delays in
            for await count in stops {
                if count > 1 {
                    logger.warn("second stop signal: ending at once")
                    exit(1)
                }
                logger.info("=== received SIGINT/SIGTERM === *** exiting")
                service.phase = .stopping
                // In a task of its own, so that a second signal is heard during the delay.
                delays.addTask {
                    if configuration.shutdownDelay > .zero {
                        // Cancelled only when the program ends, and then there is nothing to wait for.
                        try? await Task.sleep(for: configuration.shutdownDelay)
                    }
                    receiver?.beginShutdown()
                    frontend.beginShutdown()
                }
            }
        }
    }

    /// How often certificates are read again, which are small files.
    private static let certificatePeriod: Duration = .seconds(5)

    private func reload(_ tls: TLSContexts) async throws {
        while !Task.isCancelled {
            try await Task.sleep(for: Self.certificatePeriod)
            tls.reloadIfChanged(logger: logger)
        }
    }

    private func reloadOverrides() async throws {
        let period = configuration.overrides.perTenantOverridePeriod
        while !Task.isCancelled {
            try await Task.sleep(for: max(period, .milliseconds(100)))
            overrides.reloadIfChanged()
        }
    }
}

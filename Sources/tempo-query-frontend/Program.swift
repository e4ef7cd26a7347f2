import Foundation
import HTTPTransport
import QueryFrontend

/// One run of the server: from the configuration to the exit code.
struct Program {
    private let options: CommandLineOptions

    init(_ options: CommandLineOptions) {
        self.options = options
    }

    /// 0 after a clean stop, 1 after a failed start or, with `-config.verify`, when there is something to warn of.
    func run() async -> Int32 {
        let loaded: LoadedConfiguration
        do {
            loaded = try ConfigurationLoader.load(options, environment: ProcessInfo.processInfo.environment)
        } catch {
            if error.isReportedAsLogLine {
                Logger().error("error running Tempo", ["err": .string(error.message)])
            } else {
                printError("\(error)")
            }
            return error.exitCode
        }
        let configuration = loaded.configuration
        let logger = Logger(level: configuration.server.logLevel, format: configuration.server.logFormat)
        loaded.log(to: logger)
        if options.isVerification { return loaded.warnings.isEmpty ? 0 : 1 }
        if !configuration.multitenancyEnabled {
            logger.info(
                "multitenancy_enabled is false: every request runs as tenant single-tenant, X-Scope-OrgID is ignored")
        }
        do {
            try await serve(loaded, logger: logger)
            return 0
        } catch {
            logger.error("error running Tempo", ["err": "\(error)"])
            return 1
        }
    }

    private func serve(_ loaded: LoadedConfiguration, logger: Logger) async throws {
        // From here on a stop signal is an order to drain.
        let stops = try StopSignals().stream
        let configuration = loaded.configuration
        let metrics = FrontendMetrics()
        let overrides = loaded.overridesStore(metrics: metrics, logger: logger)
        let group = try EventLoopGroup(loopCount: max(1, min(ProcessInfo.processInfo.activeProcessorCount, 64)))
        let service = FrontendService(
            configuration: configuration, overrides: overrides, group: group, logger: logger, metrics: metrics)
        let server = HTTPServer(configuration: HTTPServer.Configuration(configuration.server), group: group) {
            request in
            await service.respond(to: request)
        }
        metrics.exposeTCPConnections { server.openConnectionCount }
        metrics.tcpConnectionsLimit.with("http").set(Double(configuration.server.httpListenConnLimit))
        let build = BuildInformation()
        metrics.setBuildInfo(build)

        let address = try await server.start()
        service.phase = .running
        logger.info(
            "server listening",
            [
                "http": .string("\(address.host):\(address.port)"),
                "targets": .string(configuration.federation.proxyTargets.map(\.name).joined(separator: ",")),
                "version": .string(build.version),
            ])

        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try await server.run() }
            tasks.addTask {
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
                            server.beginShutdown()
                        }
                    }
                }
            }
            if loaded.overridesSource != nil {
                let period = configuration.overrides.perTenantOverridePeriod
                tasks.addTask {
                    while !Task.isCancelled {
                        try await Task.sleep(for: max(period, .milliseconds(100)))
                        overrides.reloadIfChanged()
                    }
                }
            }
            // The server's own task ends first; the others only wait.
            try await tasks.next()
            tasks.cancelAll()
        }
        logger.info("stopped")
    }
}

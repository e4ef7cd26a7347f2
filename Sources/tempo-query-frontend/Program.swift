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
        var loaded: LoadedConfiguration
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
        if options.isVerification {
            do {
                try await Server.checkAddresses(configuration)
                return loaded.warnings.isEmpty ? 0 : 1
            } catch {
                logger.error("error running Tempo", ["err": "\(error)"])
                return 1
            }
        }
        if !configuration.multitenancyEnabled {
            logger.info(
                "multitenancy_enabled is false: every request runs as tenant single-tenant, X-Scope-OrgID is ignored")
        }
        if let names = configuration.targetsOpenToAll {
            logger.warn(
                "targets have credentials of their own, and the port asks nobody for any: whoever reaches it reads with them",
                ["targets": .string(names.joined(separator: ","))])
        }
        // A demo leaves nothing behind unless it is told where.
        let demoFolder = options.isDemo && configuration.storage.localPath.isEmpty ? Self.temporaryFolder() : nil
        if let demoFolder { loaded.configuration.storage.localPath = demoFolder.path }
        defer { if let demoFolder { try? FileManager.default.removeItem(at: demoFolder) } }
        do {
            try await Server(
                loaded, demo: options.isDemo ? (demoFolder == nil ? .inConfiguredStore : .inFreshStore) : .none,
                logger: logger
            ).serve()
            return 0
        } catch {
            logger.error("error running Tempo", ["err": "\(error)"])
            return 1
        }
    }

    private static func temporaryFolder() -> URL {
        FileManager.default.temporaryDirectory.appendingPathComponent(
            "tempo-query-frontend-demo-\(UUID().uuidString)")
    }
}

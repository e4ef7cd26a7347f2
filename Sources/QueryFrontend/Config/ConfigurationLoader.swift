/// What the loader made of the command line and the files.
public struct LoadedConfiguration: Sendable {
    /// The configuration, valid, with its path prefixes in one form.
    public var configuration: FrontendConfiguration
    /// What should be looked at; `-config.verify` ends with 1 when there is any.
    public var warnings: [ConfigurationWarning]
    /// What was accepted without effect: one log line each at info.
    public var notices: [String]
    /// The per-tenant limits as read at start.
    public var perTenantLimits: PerTenantLimits
    /// Where to read them again; nil without a per-tenant file.
    public var overridesSource: OverridesSource?
    /// Certificates and keys, as read at start; nil where the configuration has no TLS.
    public var tls: TLSContexts?

    /// The store of limits that keeps itself up to date by ``OverridesStore/reloadIfChanged()``.
    public func overridesStore(metrics: FrontendMetrics? = nil, logger: Logger? = nil) -> OverridesStore {
        OverridesStore(
            defaults: configuration.overrides.defaults, initial: perTenantLimits, source: overridesSource,
            metrics: metrics, logger: logger)
    }

    /// Writes the warnings as Tempo does, a heading first and one line each, and the notices at info.
    public func log(to logger: Logger) {
        if !warnings.isEmpty { logger.warn("-- CONFIGURATION WARNINGS --") }
        for warning in warnings { logger.warn(warning.message, ["explain": .string(warning.explanation)]) }
        for notice in notices { logger.info(notice) }
    }
}

/// Puts the configuration together: defaults, then the file, then the flags; then checks all of it, the per-tenant file
/// included. `-config.verify` needs nothing beyond this.
public enum ConfigurationLoader {
    /// The targets that this program runs.
    static let targets = ["all", "query-frontend", "federation-frontend", "federated-query-frontend"]
    /// Targets of Tempo that it does not run.
    private static let foreignTargets = [
        "querier", "distributor", "metrics-generator", "metrics-generator-no-local-blocks", "block-builder",
        "backend-scheduler", "backend-worker", "live-store", "scalable-single-binary", "ingester", "compactor",
    ]
    /// Problems listed in one error.
    private static let maxProblems = 50

    /// Loads the configuration.
    /// - Parameter readFile: gives the bytes of a file; for tests.
    /// - Throws: ``ConfigurationError`` with all problems of the stage that failed.
    public static func load(
        _ options: CommandLineOptions, environment: [String: String],
        readFile: @escaping @Sendable (String) throws(FileReadError) -> [UInt8] = FileReader.read
    ) throws(ConfigurationError) -> LoadedConfiguration {
        var loaded = LoadedConfiguration(
            configuration: FrontendConfiguration(), warnings: options.warnings, notices: options.notices,
            perTenantLimits: PerTenantLimits())
        var flatFile: FederatedQuerierFile?
        if !options.configFile.isEmpty {
            let bytes = try read(options, environment: environment, readFile: readFile, &loaded.warnings)
            flatFile = try decode(bytes, options, into: &loaded)
        }
        apply(options.settings, to: &loaded.configuration)
        flatFile?.finish(&loaded.configuration, &loaded.warnings)
        if options.isDemo { try prepareDemo(options, &loaded.configuration) }
        loaded.configuration = loaded.configuration.normalized()
        try checkTarget(loaded.configuration.target)
        loaded.warnings += try loaded.configuration.validate()
        try checkCredentialFiles(loaded.configuration, readFile: readFile)
        let tls = try TLSContexts(loaded.configuration, readFile: readFile)
        if !tls.isEmpty { loaded.tls = tls }
        loaded.warnings += tls.warnings
        loaded.notices += loaded.configuration.effectlessKeys
        let overrides = loaded.configuration.overrides
        if !overrides.perTenantOverrideConfig.isEmpty {
            let source = OverridesSource(
                path: overrides.perTenantOverrideConfig, expandsEnvironment: options.expandsEnvironment,
                acceptsLegacy: overrides.enableLegacyOverrides, environment: environment, readFile: readFile)
            let perTenant = try source.parse(try source.readBytes())
            loaded.perTenantLimits = perTenant.limits
            loaded.warnings += perTenant.warnings
            loaded.notices += perTenant.limits.effectlessKeys(path: source.path)
            loaded.overridesSource = source
        }
        return loaded
    }

    private static func read(
        _ options: CommandLineOptions, environment: [String: String],
        readFile: (String) throws(FileReadError) -> [UInt8], _ warnings: inout [ConfigurationWarning]
    ) throws(ConfigurationError) -> [UInt8] {
        let file = options.configFile
        let bytes: [UInt8]
        do throws(FileReadError) {
            bytes = try readFile(file)
        } catch {
            throw ConfigurationError(
                .unreadableFile,
                "failed parsing config: failed to read configFile \(file): open \(file): \(error.message)")
        }
        guard options.expandsEnvironment else { return bytes }
        do throws(EnvironmentExpander.Failure) {
            let expanded = try EnvironmentExpander.expand(bytes, environment: environment)
            warnings += expanded.emptyNames.map { .emptyVariable($0, file: file) }
            return expanded.text
        } catch {
            throw ConfigurationError(
                .expansion,
                "failed parsing config: failed to expand env vars from configFile \(file): \(error.message)")
        }
    }

    /// - Returns: what the file is, when it is a flat one of tempo-federated-querier.
    private static func decode(
        _ bytes: [UInt8], _ options: CommandLineOptions, into loaded: inout LoadedConfiguration
    ) throws(ConfigurationError) -> FederatedQuerierFile? {
        let start = "failed parsing config: failed to parse configFile \(options.configFile): "
        let root: YAMLNode?
        do throws(YAMLError) {
            root = try YAMLReader.parse(bytes)
        } catch {
            throw ConfigurationError(.file, start + "yaml: \(error)")
        }
        guard let root else { return nil }
        var decoder = ConfigurationDecoder()
        // The switch decides how the keys around it are read, wherever it stands.
        decoder.acceptsLegacyOverrides =
            options.settings.last { $0.name == "config.enable-legacy-overrides" }
            .map { CommandLineFlag.bool($0.value) == true } ?? legacySwitch(in: root)
        TargetModel.settle(root, &decoder)
        decoder.decode(
            root, into: &loaded.configuration, fields: FrontendConfiguration.fields,
            typeName: FrontendConfiguration.typeName)
        decoder.federatedFrontend?.apply(to: &loaded.configuration, &decoder)
        decoder.federatedQuerier?.apply(to: &loaded.configuration, &decoder)
        guard decoder.problems.isEmpty else {
            throw ConfigurationError(.file, start + unmarshalText(decoder.problems))
        }
        loaded.warnings += decoder.warnings
        // That is what the key is called in a file of Grafana Enterprise Traces.
        if loaded.configuration.target == "federation-frontend" { loaded.warnings.removeAll { $0 == .oldAuthName } }
        if decoder.hasLegacyOverrides { loaded.warnings.append(.legacyOverrides(options.configFile)) }
        loaded.notices += decoder.notices
        if !decoder.ignoredBlocks.isEmpty {
            loaded.notices.append(
                "blocks of other targets were ignored: " + decoder.ignoredBlocks.joined(separator: ", "))
        }
        if !decoder.ignoredKeys.isEmpty {
            loaded.notices.append("keys without effect here: " + decoder.ignoredKeys.joined(separator: ", "))
        }
        return decoder.federatedQuerier
    }

    private static func legacySwitch(in root: YAMLNode) -> Bool {
        guard let value = value("enable_legacy_overrides", of: "overrides", in: root),
            case .scalar(let text, let style, let tag) = value.content
        else { return false }
        return YAMLScalar(text, style: style, tag: tag) == .bool(true)
    }

    private static func value(_ key: String, of block: String, in root: YAMLNode) -> YAMLNode? {
        guard case .mapping(let mapping) = root.content,
            let found = mapping.entries.first(where: { $0.key.text == block }),
            case .mapping(let entries) = found.value.content
        else { return nil }
        return entries.entries.first { $0.key.text == key }?.value
    }

    private static func apply(
        _ settings: [CommandLineOptions.Setting], to configuration: inout FrontendConfiguration
    ) {
        for setting in settings {
            for flag in CommandLineFlag.all where flag.name == setting.name {
                if case .configuration(let apply) = flag.effect { apply(&configuration, setting.value) }
            }
        }
    }

    /// The demo speaks of several tenants and needs the embedded store; without a file it keeps to this machine.
    private static func prepareDemo(
        _ options: CommandLineOptions, _ configuration: inout FrontendConfiguration
    ) throws(ConfigurationError) {
        guard configuration.usesStore else {
            throw ConfigurationError.module([
                "-demo fills the embedded store, which is not used with federation.proxy_targets or another target "
                    + "than all"
            ])
        }
        configuration.multitenancyEnabled = true
        if options.configFile.isEmpty { configuration.server.httpListenAddress = "127.0.0.1" }
    }

    /// Files with passwords and tokens of targets must be there from the start, as must be what they hold.
    private static func checkCredentialFiles(
        _ configuration: FrontendConfiguration, readFile: (String) throws(FileReadError) -> [UInt8]
    ) throws(ConfigurationError) {
        var problems: [String] = []
        for target in configuration.federation.proxyTargets {
            for (key, path) in target.credentialFiles {
                do throws(FileReadError) {
                    _ = try CredentialFile.content(try readFile(path))
                } catch {
                    problems.append(
                        configuration.federation.key(of: target) + ".\(key): \(path.prefix(256)): \(error.message)")
                }
            }
        }
        guard problems.isEmpty else { throw ConfigurationError.module(problems) }
    }

    private static func checkTarget(_ target: String) throws(ConfigurationError) {
        if targets.contains(target) { return }
        let list = targets.joined(separator: ", ")
        if foreignTargets.contains(target) {
            throw ConfigurationError(
                .target,
                "failed to init module services: target \(target) is not part of this program; possible are \(list)")
        }
        throw ConfigurationError(
            .target,
            "failed to init module services: unrecognised module name: \(target.prefix(64)); possible are \(list)")
    }

    /// `yaml: unmarshal errors:` with one line for each problem, in the order of the file.
    static func unmarshalText(_ problems: [ConfigurationDecoder.Problem]) -> String {
        let sorted = problems.sorted { ($0.mark.line, $0.mark.column) < ($1.mark.line, $1.mark.column) }
        var text = "yaml: unmarshal errors:"
        for problem in sorted.prefix(maxProblems) { text += "\n  " + problem.text }
        if sorted.count > maxProblems { text += "\n  and \(sorted.count - maxProblems) more" }
        return text
    }
}

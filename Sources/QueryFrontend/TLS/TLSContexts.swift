public import HTTPTransport
import Synchronization

/// The certificates and keys of a configuration, read and ready: for the listeners and for each target of `https`.
///
/// They are read at start, so that what is missing or broken ends it, and again by ``reloadIfChanged(logger:)``.
public final class TLSContexts: Sendable {
    /// For the query listener; nil: it speaks plain HTTP.
    public let server: TLSServerContext?
    /// For the OTLP receiver; nil: it speaks plain HTTP.
    public let receiver: TLSServerContext?
    /// By the target's effective name.
    private let targets: [String: TLSClientContext]
    private let sources: [any TLSSource]
    private let readFile: FileContent

    typealias FileContent = @Sendable (String) throws(FileReadError) -> [UInt8]

    /// Reads the files and loads the library, where the configuration has TLS; nothing is opened otherwise.
    /// - Throws: ``ConfigurationError`` with all that is wrong.
    public convenience init(_ configuration: FrontendConfiguration) throws(ConfigurationError) {
        try self.init(configuration, readFile: FileReader.read)
    }

    init(_ configuration: FrontendConfiguration, readFile: @escaping FileContent) throws(ConfigurationError) {
        var sources: [any TLSSource] = []
        var problems: [String] = []
        var warnings: [ConfigurationWarning] = []
        func listener(_ tls: ServerTLSConfiguration, _ key: String) -> TLSServerContext? {
            guard tls.isEnabled else { return nil }
            do throws(TLSProblem) {
                let source = try ListenerTLSSource(tls, key: key, readFile: readFile)
                sources.append(source)
                return source.context
            } catch {
                problems.append(error.text)
                return nil
            }
        }
        server = listener(configuration.server.httpTLS, "server.http_tls_config")
        let receiver = configuration.usesStore ? configuration.distributor.otlpHTTP : nil
        self.receiver = receiver.flatMap {
            listener($0.tls, "distributor.receivers.otlp.protocols.http.tls")
        }
        var targets: [String: TLSClientContext] = [:]
        for target in configuration.federation.proxyTargets where target.url.isSecure {
            do throws(TLSProblem) {
                let key = configuration.federation.key(of: target)
                let source = try TargetTLSSource(target.tls, key: key, readFile: readFile)
                sources.append(source)
                targets[target.effectiveName] = source.context
                guard !source.context.hasRoots else { continue }
                warnings.append(
                    ConfigurationWarning(
                        "\(key).tls_ca_path is not set, and the system has no root certificates",
                        "no certificate of the target can be found good; install the system's ca-certificates or name a file"
                    ))
            } catch {
                problems.append(error.text)
            }
        }
        guard problems.isEmpty else { throw ConfigurationError.module(problems) }
        self.targets = targets
        self.sources = sources
        self.warnings = warnings
        self.readFile = readFile
    }

    /// For one target; nil when its URL is of `http`.
    func target(_ target: FederationConfiguration.ProxyTarget) -> TLSClientContext? { targets[target.effectiveName] }

    /// What was found that will not work, in the order of the configuration.
    let warnings: [ConfigurationWarning]

    /// Whether there is anything that could change.
    public var isEmpty: Bool { sources.isEmpty }

    /// Reads the files again and takes what has changed, for new connections. What cannot be used changes nothing, and is said
    /// once for each new content.
    public func reloadIfChanged(logger: Logger) {
        for source in sources {
            do throws(TLSProblem) {
                if try source.reload(readFile) {
                    logger.info("certificates were read again", ["key": .string(source.key)])
                }
            } catch {
                logger.warn("certificates cannot be read again; the old ones stay", ["err": .string(error.text)])
            }
        }
    }
}

/// What is wrong with a certificate, a key, or how they are used; names the key of the configuration.
struct TLSProblem: Error {
    let text: String
}

/// Files that one context is made of.
protocol TLSSource: Sendable {
    /// The key of the configuration.
    var key: String { get }
    /// Reads the files again.
    /// - Returns: whether the context is another now.
    /// - Throws: ``TLSProblem`` when what is there is not what was there last time, and cannot be used.
    func reload(_ readFile: TLSContexts.FileContent) throws(TLSProblem) -> Bool
}

/// What was seen last: the same settings, or the same failure, are no news.
struct TLSLastSeen<Settings: Equatable & Sendable>: Sendable {
    private var settings: Settings?
    private var failure: String?

    init(_ settings: Settings) { self.settings = settings }

    /// Takes settings that are not those of last time.
    /// - Parameter take: what is wrong with them, or nil.
    /// - Returns: whether they were taken; a failure only when it is another than last time.
    mutating func update(
        _ read: Result<Settings, TLSProblem>, take: (Settings) -> TLSProblem?
    ) -> Result<Bool, TLSProblem> {
        let problem: TLSProblem?
        switch read {
        case .success(let read):
            if read == settings {
                failure = nil
                return .success(false)
            }
            problem = take(read)
            if problem == nil { settings = read }
        case .failure(let failure): problem = failure
        }
        guard let problem else {
            failure = nil
            return .success(true)
        }
        defer { failure = problem.text }
        return problem.text == failure ? .success(false) : .failure(problem)
    }
}

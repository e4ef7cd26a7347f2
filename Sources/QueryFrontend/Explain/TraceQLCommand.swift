import HTTPTransport
import TenantFederation
import TraceQL

/// `tempo-query-frontend traceql QUERY`: what is understood of a query and, with `-tenants`, what would be sent for it. No
/// target is asked.
public struct TraceQLCommand: Sendable {
    /// What the process prints and ends with.
    public struct Result: Sendable, Equatable {
        /// For standard output.
        public var output = ""
        /// For standard error.
        public var errors = ""
        /// 0; 1 for a bad query, configuration or tenant, with the error under a caret where it has a place; 2 for bad usage.
        public var exitCode: Int32 = 0
    }

    /// Why standard input could not be read.
    public struct InputError: Error, Sendable {
        /// The reason, lowercase.
        public let reason: String

        /// An error.
        public init(_ reason: String) { self.reason = reason }
    }

    /// The list of flags.
    public static let usage = """
        Usage of tempo-query-frontend traceql:
          tempo-query-frontend traceql [flags] QUERY
          tempo-query-frontend traceql [flags] -    (the query comes from standard input)
          -tenants string
            \tTenants as in X-Scope-OrgID, a|b: print the sub-requests of a search.
          -config.file string
            \tConfiguration file, for targets and limits. Without one a single target is assumed.
          -config.expand-env
            \tExpand ${VAR} in the configuration file.
          -help
            \tPrint this text and exit.

        """

    private let environment: [String: String]
    private let readFile: @Sendable (String) throws(FileReadError) -> [UInt8]
    private let readInput: @Sendable (_ limit: Int) throws(InputError) -> [UInt8]
    private let clock: any WallClock

    /// - Parameters:
    ///   - environment: for `-config.expand-env`.
    ///   - readFile: gives the bytes of the configuration file.
    ///   - clock: makes the time window of the sub-requests.
    ///   - readInput: gives standard input to its end, or as many bytes as the limit says.
    public init(
        environment: [String: String] = [:],
        readFile: @escaping @Sendable (String) throws(FileReadError) -> [UInt8] = FileReader.read,
        clock: any WallClock = SystemWallClock(),
        readInput: @escaping @Sendable (_ limit: Int) throws(InputError) -> [UInt8]
    ) {
        self.environment = environment
        self.readFile = readFile
        self.clock = clock
        self.readInput = readInput
    }

    /// Does what the arguments say.
    /// - Parameter arguments: what follows the word `traceql`.
    public func run(_ arguments: [String]) -> Result {
        let request: Arguments
        do throws(UsageError) {
            request = try Arguments(arguments)
        } catch {
            return Result(errors: error.message + "\n" + Self.usage, exitCode: 2)
        }
        guard let query = request.query else { return Result(output: Self.usage) }
        do throws(Failure) {
            return Result(output: try explanation(of: query, request).text)
        } catch {
            return Result(errors: error.text + "\n", exitCode: 1)
        }
    }

    // MARK: Arguments

    private struct UsageError: Error {
        let message: String
    }

    private struct Arguments {
        /// nil when help is wanted.
        var query: String?
        var tenants: String?
        var configFile = ""
        var expandsEnvironment = false

        /// Flags may stand on either side of the query; what follows `--` is no flag.
        init(_ arguments: [String]) throws(UsageError) {
            var rest = arguments[...]
            var takesFlags = true
            while let argument = rest.popFirst() {
                guard takesFlags, argument.utf8.count > 1, argument.utf8.first == UInt8(ascii: "-") else {
                    guard query == nil else { throw UsageError(message: "more than one query; quote it") }
                    query = argument
                    continue
                }
                if argument == "--" {
                    takesFlags = false
                    continue
                }
                let body = argument.utf8.starts(with: "--".utf8) ? argument.dropFirst(2) : argument.dropFirst()
                let parts = body.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
                let name = parts.first ?? ""
                let attached = parts.count > 1 ? String(parts[1]) : nil
                func value() throws(UsageError) -> String {
                    guard let text = attached ?? rest.popFirst() else {
                        throw UsageError(message: "flag needs an argument: -\(name)")
                    }
                    return text
                }
                switch name {
                case "tenants": tenants = try value()
                case "config.file": configFile = try value()
                case "config.expand-env":
                    guard let isOn = CommandLineFlag.bool(attached ?? "true") else {
                        throw UsageError(message: "invalid boolean value for -\(name): parse error")
                    }
                    expandsEnvironment = isOn
                case "help", "h":
                    query = nil
                    return
                default: throw UsageError(message: "flag provided but not defined: -\(name.prefix(128))")
                }
            }
            if query == nil { throw UsageError(message: "no query") }
        }
    }

    // MARK: Explanation

    private struct Failure: Error {
        let text: String
    }

    private func explanation(of argument: String, _ request: Arguments) throws(Failure) -> QueryExplanation {
        let loaded = try configuration(request)
        let configuration = loaded.configuration
        let limits = ParseLimits(configuration)
        var text = argument
        if argument == "-" {
            do throws(InputError) {
                var bytes = try readInput(limits.maxTextBytes.addingReportingOverflow(1).partialValue)
                if bytes.last == UInt8(ascii: "\n") { bytes.removeLast() }
                text = String(decoding: bytes, as: UTF8.self)
            } catch {
                throw Failure(text: "reading standard input: \(error.reason)")
            }
        }
        let query = try Self.parse(text, limits)
        guard let tenants = request.tenants else { return QueryExplanation(query) }
        let service = FrontendService(
            configuration: configuration, overrides: loaded.overridesStore(), transport: NoTransport(),
            logger: Logger(level: .error), metrics: FrontendMetrics(), clock: clock)
        do {
            return try service.explanation(of: QueryItems([("q", text)]), now: clock.unixNanoseconds) {
                try service.checkedTenants([Array(tenants.utf8)])
            }
        } catch let error as APIError {
            throw Failure(text: error.message)
        } catch let error as TenantError {
            throw Failure(text: "-tenants: \(error.message)")
        } catch {
            throw Failure(text: "\(error)")
        }
    }

    private func configuration(_ request: Arguments) throws(Failure) -> LoadedConfiguration {
        guard !request.configFile.isEmpty else { return Self.assumedConfiguration }
        var options = CommandLineOptions()
        options.configFile = request.configFile
        options.expandsEnvironment = request.expandsEnvironment
        do throws(ConfigurationError) {
            return try ConfigurationLoader.load(options, environment: environment, readFile: readFile)
        } catch {
            throw Failure(text: error.message)
        }
    }

    /// One target that serves every tenant.
    private static var assumedConfiguration: LoadedConfiguration {
        var configuration = FrontendConfiguration()
        configuration.multitenancyEnabled = true
        configuration.federation.proxyTargets = [.init(name: "target", url: .placeholder)]
        return LoadedConfiguration(
            configuration: configuration, warnings: [], notices: [], perTenantLimits: PerTenantLimits())
    }

    /// The error, and under it the line with a caret.
    private static func parse(_ text: String, _ limits: ParseLimits) throws(Failure) -> Query {
        let bytes = Array(text.utf8)
        func failure(_ message: String, _ range: SourceRange) -> Failure {
            guard !bytes.isEmpty, bytes.count <= limits.maxTextBytes else { return Failure(text: message) }
            return Failure(text: message + "\n" + SourceLines(bytes).pointer(to: range))
        }
        do {
            let query = try Query.parse(utf8: bytes, limits: limits)
            try query.validate()
            return query
        } catch let error as ParseError {
            throw failure("\(error)", error.range)
        } catch let error as ValidationError {
            throw failure("\(error)", error.range)
        } catch {
            throw Failure(text: "\(error)")
        }
    }
}

/// Carries nothing: an explanation asks nobody.
private struct NoTransport: UpstreamTransport {
    func send(
        _ request: HTTPClientRequest, maxBodyBytes: Int, budget: ByteBudget
    ) async throws -> HTTPClientResult {
        throw HTTPClientError(code: .connect, message: "no target is asked")
    }
}

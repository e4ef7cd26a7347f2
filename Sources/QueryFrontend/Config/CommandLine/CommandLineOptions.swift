/// What the command line asks for, spelled as Tempo spells it.
///
/// One or two dashes; `-f=v` or `-f v`; booleans also bare, or with `true`, `false`, `1`, `0`, `t`, `f`. The first word
/// that is no flag ends the flags. Flags go before the file: ``ConfigurationLoader`` applies them last.
public struct CommandLineOptions: Sendable, Equatable {
    /// What the process shall do.
    public enum Action: Sendable, Equatable {
        /// Serve.
        case run
        /// Print ``BuildInformation/text`` and end with 0.
        case version
        /// Print ``usage`` and end with 0.
        case help
        /// Print ``exampleConfiguration`` and end with 0.
        case example
        /// GET ``healthURL`` and end with 0 or 1.
        case health
    }

    /// What the process shall do.
    public var action = Action.run
    /// `-config.file`: empty when there is none.
    public var configFile = ""
    /// `-config.expand-env`.
    public var expandsEnvironment = false
    /// `-config.verify`: check everything, then end.
    public var isVerification = false
    /// `-demo`: fill the embedded store with made-up spans.
    public var isDemo = false
    /// `-health.url`.
    public var healthURL = "http://localhost:3200/ready"
    /// Things accepted without effect that an operator should know of.
    public var warnings: [ConfigurationWarning] = []
    /// The same, of no consequence: one log line each at info.
    public var notices: [String] = []
    /// Flags that change the configuration, in the order given.
    var settings: [Setting] = []

    /// One flag of the configuration with its value, which was checked.
    struct Setting: Sendable, Equatable {
        var name: String
        var value: String
    }

    /// No flags at all.
    public init() {}

    /// Reads the arguments, without the program's name.
    /// - Throws: ``ConfigurationError`` with code `commandLine`, whose process ends with 2 after printing the message and
    ///   ``usage`` on standard error.
    public static func parse(_ arguments: [String]) throws(ConfigurationError) -> CommandLineOptions {
        var options = CommandLineOptions()
        var rest = arguments[...]
        while let argument = rest.first, argument.utf8.count > 1, argument.utf8.first == UInt8(ascii: "-") {
            rest = rest.dropFirst()
            if argument == "--" { break }
            let body = argument.utf8.starts(with: "--".utf8) ? argument.dropFirst(2) : argument.dropFirst()
            let parts = body.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            let name = String(parts.first ?? "")
            guard !name.isEmpty, !name.hasPrefix("-") else {
                throw ConfigurationError(.commandLine, "bad flag syntax: \(argument.prefix(128))")
            }
            var value = parts.count > 1 ? String(parts[1]) : nil
            if name.hasPrefix("memberlist.") {
                // Gossip has a flag for every setting; none says anything here.
                if value == nil, let next = rest.first, !next.hasPrefix("-") { rest = rest.dropFirst() }
                options.notice("memberlist.*")
                continue
            }
            guard let flag = CommandLineFlag.all.first(where: { $0.name == name || $0.alias == name }) else {
                throw ConfigurationError(.commandLine, "flag provided but not defined: -\(name.prefix(128))")
            }
            if value == nil, flag.kind != .bool {
                guard let next = rest.first else {
                    throw ConfigurationError(.commandLine, "flag needs an argument: -\(name)")
                }
                value = next
                rest = rest.dropFirst()
            }
            try options.set(flag, as: name, value: value)
        }
        return options
    }

    private mutating func notice(_ name: String) {
        let text = "flag -\(name) has no effect here"
        if !notices.contains(text) { notices.append(text) }
    }

    private mutating func set(
        _ flag: CommandLineFlag, as name: String, value: String?
    ) throws(ConfigurationError) {
        let text = value ?? "true"
        guard flag.kind.accepts(text) else {
            throw ConfigurationError(.commandLine, flag.kind.error(name, text))
        }
        let isOn = CommandLineFlag.bool(text) ?? false
        switch flag.effect {
        case .option(let apply): apply(&self, text)
        case .action(let action): if isOn { self.action = action }
        case .configuration: settings.append(Setting(name: flag.name, value: text))
        case .none: notice(name)
        case .warned(let explanation):
            warnings.append(ConfigurationWarning("flag -\(name) has no effect", explanation))
        }
        if name == "auth.enabled" {
            warnings.append(
                ConfigurationWarning("flag -auth.enabled is deprecated", "it is called -multitenancy.enabled now"))
        }
    }

    /// The list of all flags with their defaults.
    public static var usage: String {
        var text = "Usage of tempo-query-frontend:\n"
        text += "  traceql QUERY\n    \tExplain a TraceQL query instead of serving; traceql -help tells more.\n"
        for flag in CommandLineFlag.all where flag.help != nil {
            text += "  -\(flag.name)\(flag.kind.placeholder)\n    \t\(flag.help ?? "")"
            if !flag.defaultText.isEmpty { text += " (default \(flag.defaultText))" }
            text += "\n"
        }
        return text
    }
}

/// Why the frontend cannot start as it was asked to. The texts follow Tempo's, and nothing in them is a secret.
public struct ConfigurationError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The kind of error.
    public struct Code: Sendable, Hashable {
        let name: String

        /// The command line cannot be read.
        public static let commandLine = Code(name: "commandLine")
        /// The configuration file cannot be opened.
        public static let unreadableFile = Code(name: "unreadableFile")
        /// A `${...}` cannot be expanded.
        public static let expansion = Code(name: "expansion")
        /// The file is not YAML, or not what the blocks hold.
        public static let file = Code(name: "file")
        /// The values do not go together, or cannot be used.
        public static let invalid = Code(name: "invalid")
        /// The per-tenant overrides file is missing or broken.
        public static let overrides = Code(name: "overrides")
        /// `-target` names something that this program is not.
        public static let target = Code(name: "target")
    }

    /// The kind of error.
    public let code: Code
    /// The text for people; it may have several lines.
    public let message: String

    /// The same as ``message``.
    public var description: String { message }

    /// What the process ends with: 2 for a bad command line, 1 for everything else.
    public var exitCode: Int32 { code == .commandLine ? 2 : 1 }

    /// True when Tempo reports it as a log line (`msg="error running Tempo" err=...`), false when as plain text on
    /// standard error.
    public var isReportedAsLogLine: Bool { code == .invalid || code == .overrides || code == .target }

    init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    /// What a module's check at start reads like; the problems are listed in one line.
    static func module(_ problems: [String], code: Code = .invalid) -> ConfigurationError {
        ConfigurationError(
            code,
            "failed to init module services: error initialising module: query-frontend: "
                + problems.joined(separator: "; "))
    }
}

/// Something in the configuration that works but should be looked at.
public struct ConfigurationWarning: Sendable, Equatable {
    /// What was found.
    public let message: String
    /// Why it matters, or what to do.
    public let explanation: String

    init(_ message: String, _ explanation: String) {
        self.message = message
        self.explanation = explanation
    }
}

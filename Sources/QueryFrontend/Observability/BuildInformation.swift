/// What this build is, for `-version`, `/status/version`, `/api/status/buildinfo` and `tempo_build_info`.
public struct BuildInformation: Sendable, Equatable {
    /// The program's name.
    public var name = "tempo-query-frontend"
    /// The version of this program.
    public var version = "0.1.0"
    /// The version of Tempo whose API is spoken; data sources switch features by it.
    public var tempoVersion = "3.1.0"
    /// The branch, when the build names one.
    public var branch = ""
    /// The revision, when the build names one.
    public var revision = ""
    /// Who built it, when the build says so.
    public var buildUser = ""
    /// When it was built, when the build says so.
    public var buildDate = ""

    /// This build.
    public init() {}

    /// The compiler's language version.
    public var languageVersion: String {
        #if swift(>=6.3)
            "swift6.3"
        #elseif swift(>=6.2)
            "swift6.2"
        #else
            "swift6"
        #endif
    }

    /// Operating system and processor.
    public var platform: String {
        #if os(Linux)
            let system = "linux"
        #elseif os(macOS)
            let system = "darwin"
        #else
            let system = "unknown"
        #endif
        #if arch(x86_64)
            return system + "/amd64"
        #elseif arch(arm64)
            return system + "/arm64"
        #else
            return system + "/unknown"
        #endif
    }

    /// The block that `-version` prints, with a newline at its end.
    public var text: String {
        """
        \(name), version \(version) (branch: \(branch), revision: \(revision))
          build user:       \(buildUser)
          build date:       \(buildDate)
          language version: \(languageVersion)
          platform:         \(platform)
          tags:             tempo-api-\(tempoVersion)

        """
    }
}

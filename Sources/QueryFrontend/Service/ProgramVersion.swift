/// What `-version` prints and `tempo_build_info` is labelled with.
public enum ProgramVersion {
    /// The version of this program.
    public static let number = Build.version

    /// The block that `-version` prints.
    public static var text: String {
        """
        tempo-query-frontend, version \(Build.version)
          query API of Tempo: \(Build.tempoVersion)
          language:           Swift
          platform:           \(platform)
        """
    }

    /// Sets `tempo_build_info`.
    public static func expose(in metrics: FrontendMetrics) {
        metrics.buildInfo.with(Build.tempoVersion, Build.version, "", "swift").set(1)
    }

    private static var platform: String {
        #if os(Linux)
            let system = "linux"
        #elseif os(macOS)
            let system = "darwin"
        #else
            let system = "other"
        #endif
        #if arch(x86_64)
            return system + "/amd64"
        #elseif arch(arm64)
            return system + "/arm64"
        #else
            return system
        #endif
    }
}

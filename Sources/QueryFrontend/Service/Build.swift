/// What this build is, and which Tempo its API matches.
enum Build {
    /// The version of this program.
    static let version = "0.1.0"
    /// The version of Tempo whose query API is matched; data sources switch features on by it.
    static let tempoVersion = "3.1.0"
    static let userAgent = "tempo-query-frontend/" + version
}

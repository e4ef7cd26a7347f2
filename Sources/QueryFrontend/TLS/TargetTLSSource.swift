import HTTPTransport
import Synchronization

/// Whom a target must prove to be, and what is shown to it.
final class TargetTLSSource: TLSSource {
    let key: String
    let context: TLSClientContext
    private let configuration: TargetTLSConfiguration
    private let seen: Mutex<TLSLastSeen<TLSClientSettings>>

    init(
        _ configuration: TargetTLSConfiguration, key: String, readFile: TLSContexts.FileContent
    ) throws(TLSProblem) {
        self.configuration = configuration
        self.key = key
        let settings = try Self.settings(configuration, key, readFile)
        context = try TLSFiles.naming(Self.places(configuration, key)) { try TLSClientContext(settings) }
        seen = Mutex(TLSLastSeen(settings))
    }

    func reload(_ readFile: TLSContexts.FileContent) throws(TLSProblem) -> Bool {
        let result = seen.withLock { seen in
            seen.update(Self.read(configuration, key, readFile)) {
                TLSFiles.problem(Self.places(configuration, key), context.replace(with:), $0)
            }
        }
        return try result.get()
    }

    private static func places(_ configuration: TargetTLSConfiguration, _ key: String) -> TLSFiles.Places {
        TLSFiles.Places(
            block: key, trusted: TLSFiles.place("\(key).tls_ca_path", configuration.caPath),
            certificate: TLSFiles.place("\(key).tls_cert_path", configuration.certPath),
            key: TLSFiles.place("\(key).tls_key_path", configuration.keyPath))
    }

    private static func read(
        _ configuration: TargetTLSConfiguration, _ key: String, _ readFile: TLSContexts.FileContent
    ) -> Result<TLSClientSettings, TLSProblem> {
        do throws(TLSProblem) { return .success(try settings(configuration, key, readFile)) } catch {
            return .failure(error)
        }
    }

    private static func settings(
        _ configuration: TargetTLSConfiguration, _ key: String, _ readFile: TLSContexts.FileContent
    ) throws(TLSProblem) -> TLSClientSettings {
        var settings = TLSClientSettings()
        settings.trustedPEM = try TLSFiles.read(configuration.caPath, "\(key).tls_ca_path", readFile)
        if let certificate = try TLSFiles.read(configuration.certPath, "\(key).tls_cert_path", readFile),
            let privateKey = try TLSFiles.read(configuration.keyPath, "\(key).tls_key_path", readFile)
        {
            settings.identity = TLSIdentity(certificatePEM: certificate, keyPEM: privateKey)
        }
        settings.serverName = configuration.serverName.isEmpty ? nil : configuration.serverName
        settings.verifies = !configuration.insecureSkipVerify
        settings.minVersion = TLSFiles.version(configuration.minVersion) ?? .tls12
        settings.cipherSuites = configuration.cipherSuites.isEmpty ? nil : configuration.cipherSuites
        return settings
    }
}

/// What both ends have in common.
enum TLSFiles {
    /// nil when no file is named.
    static func read(
        _ path: String, _ key: String, _ readFile: TLSContexts.FileContent
    ) throws(TLSProblem) -> [UInt8]? {
        guard !path.isEmpty else { return nil }
        do throws(FileReadError) {
            return try readFile(path)
        } catch {
            throw TLSProblem(text: "\(key): open \(path.prefix(256)): \(error.message)")
        }
    }

    static func version(_ name: String) -> TLSVersion? { TLSNames.versions[name] ?? TLSNames.numbers[name] }

    /// Where what a context is made of stands: keys, with the files that they name.
    struct Places {
        let block: String
        let trusted: String
        let certificate: String
        let key: String

        /// What the library says, with its place before it.
        func problem(_ error: any Error) -> TLSProblem {
            let place =
                switch (error as? TLSError)?.code ?? .settings {
                case .trusted: trusted
                case .certificate: certificate
                case .key: key
                default: block
                }
            return TLSProblem(text: "\(place): \(error)")
        }
    }

    static func place(_ key: String, _ file: String) -> String { file.isEmpty ? key : "\(key): \(file.prefix(256))" }

    /// Puts the place before what the library says.
    static func naming<R>(_ places: Places, _ body: () throws -> R) throws(TLSProblem) -> R {
        do {
            return try body()
        } catch {
            throw places.problem(error)
        }
    }

    /// What the library has against settings; nil: nothing.
    static func problem<Settings>(
        _ places: Places, _ replace: (Settings) throws -> Void, _ settings: Settings
    ) -> TLSProblem? {
        do {
            try replace(settings)
            return nil
        } catch {
            return places.problem(error)
        }
    }
}

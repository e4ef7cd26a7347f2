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

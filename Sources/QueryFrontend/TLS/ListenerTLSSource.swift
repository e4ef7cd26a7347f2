import HTTPTransport
import Synchronization

/// The certificate of a listener.
final class ListenerTLSSource: TLSSource {
    let key: String
    let context: TLSServerContext
    private let configuration: ServerTLSConfiguration
    private let seen: Mutex<TLSLastSeen<TLSServerSettings>>

    init(
        _ configuration: ServerTLSConfiguration, key: String, readFile: TLSContexts.FileContent
    ) throws(TLSProblem) {
        self.configuration = configuration
        self.key = key
        let settings = try Self.settings(configuration, key, readFile)
        context = try TLSFiles.naming(Self.places(configuration, key)) { try TLSServerContext(settings) }
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

    private static func places(_ configuration: ServerTLSConfiguration, _ key: String) -> TLSFiles.Places {
        func place(_ inline: Secret, _ file: String, _ name: String) -> String {
            inline.isEmpty ? TLSFiles.place("\(key).\(name)_file", file) : "\(key).\(name)"
        }
        return TLSFiles.Places(
            block: key, trusted: place(configuration.clientCA, configuration.clientCAFile, "client_ca"),
            certificate: place(configuration.cert, configuration.certFile, "cert"),
            key: place(configuration.key, configuration.keyFile, "key"))
    }

    private static func read(
        _ configuration: ServerTLSConfiguration, _ key: String, _ readFile: TLSContexts.FileContent
    ) -> Result<TLSServerSettings, TLSProblem> {
        do throws(TLSProblem) { return .success(try settings(configuration, key, readFile)) } catch {
            return .failure(error)
        }
    }

    private static func settings(
        _ configuration: ServerTLSConfiguration, _ key: String, _ readFile: TLSContexts.FileContent
    ) throws(TLSProblem) -> TLSServerSettings {
        var settings = TLSServerSettings(
            identity: TLSIdentity(
                certificatePEM: try pem(configuration.cert, configuration.certFile, "\(key).cert_file", readFile) ?? [],
                keyPEM: try pem(configuration.key, configuration.keyFile, "\(key).key_file", readFile) ?? []))
        settings.clientCAPEM = try pem(
            configuration.clientCA, configuration.clientCAFile, "\(key).client_ca_file", readFile)
        settings.clientAuthentication =
            ServerTLSConfiguration.clientAuthentication[configuration.clientAuthType] ?? .none
        settings.minVersion = TLSFiles.version(configuration.minVersion) ?? .tls12
        settings.maxVersion = TLSFiles.version(configuration.maxVersion) ?? .tls13
        settings.cipherSuites = configuration.cipherSuites.isEmpty ? nil : configuration.cipherSuites
        return settings
    }

    /// What stands in the configuration itself, or in the file that it names; nil for neither.
    private static func pem(
        _ inline: Secret, _ file: String, _ key: String, _ readFile: TLSContexts.FileContent
    ) throws(TLSProblem) -> [UInt8]? {
        if !inline.isEmpty { return Array(inline.reveal().utf8) }
        return try TLSFiles.read(file, key, readFile)
    }
}

public import HTTPTransport

/// The `-health` client mode: one GET of the readiness page, for containers without a shell.
public enum HealthProbe {
    /// How long the probe waits in all.
    public static let timeout = Duration.seconds(5)

    /// nil when the page answered 200, else why not, as one line.
    public static func failure(of url: String, group: EventLoopGroup) async -> String? {
        let target: TargetURL
        do {
            target = try TargetURL(url)
        } catch {
            return "failed to check health: \(error)"
        }
        var tls: TLSClientContext?
        if target.isSecure {
            // Nothing secret is sent, and only the status counts: any certificate will do, as for probes of Kubernetes.
            var settings = TLSClientSettings()
            settings.verifies = false
            do {
                tls = try TLSClientContext(settings)
            } catch {
                return "failed to check health: \(error)"
            }
        }
        let client = HTTPClient(configuration: HTTPClient.Configuration(), group: group)
        let path = target.pathPrefix.isEmpty ? "/" : target.pathPrefix
        let request = HTTPClientRequest(
            method: "GET", origin: HTTPOrigin(scheme: target.scheme, host: target.host, port: target.port),
            target: path,
            connectTimeout: timeout, firstByteTimeout: timeout, deadline: .now + timeout, tls: tls)
        do {
            let result = try await client.send(request, maxBodyBytes: 65_536)
            guard result.status == 200 else {
                let text = TargetExchange.boundedText(result.body)
                return "health check failed: status \(result.status): \(text.split(separator: "\n").first ?? "")"
            }
            return nil
        } catch {
            return "failed to check health: \(error)"
        }
    }
}

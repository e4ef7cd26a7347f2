import Foundation
import TestSupport

/// The real binary, listening on a free port of 127.0.0.1.
struct RunningFrontend {
    let process: ServedProcess
    let port: Int

    /// What a configuration file needs to say beside the targets.
    struct Settings {
        var multitenancy = true
        var allowPartial = false
        /// More lines of the `federation` block, without indentation.
        var federation: [String] = []
        /// More lines at the root of the file.
        var root: [String] = []
        var drainTime = "10s"
    }

    /// One entry of `federation.proxy_targets`.
    struct Target {
        var name: String
        var port: Int
        /// Scheme and host of its URL.
        var address = "http://127.0.0.1"
        /// More lines of the entry, without indentation.
        var more: [String] = []
    }

    static func configuration(_ targets: [Target], _ settings: Settings = Settings()) -> String {
        var lines = [
            "multitenancy_enabled: \(settings.multitenancy)",
            "server:",
            "  http_listen_address: 127.0.0.1",
            "  http_listen_port: 0",
            "  graceful_shutdown_timeout: \(settings.drainTime)",
        ]
        lines += settings.root
        // Questions for versions come at any time, and would stand among those that tests count.
        lines += [
            "federation:", "  allow_partial_responses: \(settings.allowPartial)", "  version_probe_interval: 0s",
        ]
        lines += settings.federation.map { "  " + $0 }
        lines.append("  proxy_targets:")
        for target in targets {
            lines += ["    - name: \(target.name)", "      url: \(target.address):\(target.port)"]
            lines += target.more.map { "      " + $0 }
        }
        return lines.joined(separator: "\n") + "\n"
    }

    static func executable() throws -> URL { try ServedProcess.locate("tempo-query-frontend", near: .module) }

    init(_ targets: [Target], _ settings: Settings = Settings()) throws {
        try self.init(configuration: Self.configuration(targets, settings))
    }

    /// With a configuration file of this text.
    init(configuration text: String) throws {
        process = try ServedProcess(
            executable: Self.executable(), arguments: ["-config.file={folder}/frontend.yaml"],
            files: ["frontend.yaml": text])
        let line = try process.waitForLine(containing: "server listening")
        port = try ServedProcess.port(in: line, after: "http=")
    }

    /// A request as the tenants, on a connection of its own.
    func get(
        _ target: String, tenants: String?, accept: String? = nil, fields: [(String, String)] = [],
        method: String = "GET", timeout: Double = 60
    ) throws -> RawResponse {
        var all = fields
        if let tenants { all.append(("X-Scope-OrgID", tenants)) }
        if let accept { all.append(("Accept", accept)) }
        return try RawConnection.request(method, port: port, target, fields: all, timeout: timeout)
    }

    func stop() { process.stop() }
}

/// The replaying upstream of Examples, on a free port.
struct RunningReplay {
    let process: ServedProcess
    let port: Int

    /// - Parameter tenant: whose answers a request without tenant gets; nil: it is refused.
    init(tenant: String? = nil) throws {
        process = try ServedProcess(
            executable: ServedProcess.locate("replaying-upstream", near: .module),
            arguments: ["-listen", "127.0.0.1:0"] + (tenant.map { ["-tenant", $0] } ?? []))
        let line = try process.waitForLine(containing: "listening on http://")
        port = try ServedProcess.port(in: line, after: "http://")
    }

    func get(_ target: String, tenant: String, accept: String? = nil) throws -> RawResponse {
        var fields = [("X-Scope-OrgID", tenant)]
        if let accept { fields.append(("Accept", accept)) }
        return try RawConnection.request(port: port, target, fields: fields, timeout: 60)
    }

    func stop() { process.stop() }
}

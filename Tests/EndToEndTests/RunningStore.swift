import Foundation
import TestSupport

/// The real binary with its embedded store, on free ports of 127.0.0.1.
struct RunningStore {
    let process: ServedProcess
    let port: Int
    let receiverPort: Int
    /// Kept as long as the process is.
    private let folder: Folder

    /// A folder for a store, gone with the value.
    final class Folder {
        let url = FileManager.default.temporaryDirectory
            .appendingPathComponent("store-\(ProcessInfo.processInfo.globallyUniqueString)")
        var path: String { url.path }

        deinit { try? FileManager.default.removeItem(at: url) }
    }

    struct Settings {
        var multitenancy = true
        /// More entries of the `server` block, in flow form.
        var server: [String] = []
        /// The port for questions; 0: any free one.
        var port = 0
        /// More lines of the receiver's block, without indentation.
        var receiver: [String] = []
        /// More lines at the root of the file.
        var root: [String] = []
    }

    static func configuration(_ folder: Folder, _ settings: Settings = Settings()) -> String {
        var lines = [
            "multitenancy_enabled: \(settings.multitenancy)",
            "server: {"
                + ([
                    "http_listen_address: 127.0.0.1", "http_listen_port: \(settings.port)",
                    "graceful_shutdown_timeout: 10s",
                ]
                + settings.server).joined(separator: ", ") + "}",
            "storage: {trace: {backend: local, local: {path: '\(folder.path)'}}}",
            "distributor:", "  receivers:", "    otlp:", "      protocols:", "        http:",
            "          endpoint: 127.0.0.1:0",
        ]
        lines += settings.receiver.map { "          " + $0 }
        lines += settings.root
        return lines.joined(separator: "\n") + "\n"
    }

    /// Started, and ready for questions.
    init(_ folder: Folder, _ settings: Settings = Settings(), arguments: [String] = []) throws {
        self.folder = folder
        process = try ServedProcess(
            executable: RunningFrontend.executable(), arguments: ["-config.file={folder}/store.yaml"] + arguments,
            files: ["store.yaml": Self.configuration(folder, settings)])
        let line = try process.waitForLine(containing: "server listening")
        port = try ServedProcess.port(in: line, after: " http=")
        receiverPort = try ServedProcess.port(in: line, after: "otlp_http=")
        _ = try process.waitForLine(containing: "msg=ready")
    }

    func get(_ target: String, tenants: String?, accept: String? = nil) throws -> RawResponse {
        var fields: [(String, String)] = []
        if let tenants { fields.append(("X-Scope-OrgID", tenants)) }
        if let accept { fields.append(("Accept", accept)) }
        return try RawConnection.request(port: port, target, fields: fields, timeout: 60)
    }

    func push(
        _ body: [UInt8], tenant: String?, contentType: String? = "application/json",
        fields: [(String, String)] = [], method: String = "POST", target: String = "/v1/traces"
    ) throws -> RawResponse {
        var all = fields
        if let tenant { all.append(("X-Scope-OrgID", tenant)) }
        if let contentType { all.append(("Content-Type", contentType)) }
        return try RawConnection.request(
            method, port: receiverPort, target, fields: all, body: body, timeout: 60)
    }

    func stop() { process.stop() }
}

extension RawResponse {
    /// The body as JSON.
    func json() throws -> JSONValue { try JSONValue(parsing: body) }

    /// The names of all spans of a trace answer, v1 or v2, sorted.
    func spanNames() throws -> [String] {
        let answer = try json()
        let batches = answer["trace"]?["resourceSpans"]?.elements ?? answer["batches"]?.elements ?? []
        return batches.flatMap { $0["scopeSpans"]?.elements ?? [] }.flatMap { $0["spans"]?.elements ?? [] }
            .compactMap { $0["name"]?.text }.sorted()
    }
}

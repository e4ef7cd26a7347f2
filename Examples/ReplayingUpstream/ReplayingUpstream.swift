import Dispatch
import Foundation
import HTTPTransport

/// A stand-in for a Tempo: serves recorded answers of a real one.
@main
struct ReplayingUpstream {
    private static let usage = """
        usage: replaying-upstream [-listen HOST:PORT] [-recordings FILE] [-tenant NAME]
          -listen      address to serve at (default 127.0.0.1:3201; port 0 takes any free one)
          -recordings  answers to serve, one JSON object a line (default: the recordings built in)
          -tenant      whose answers a request without X-Scope-OrgID gets (default: it is refused)
        """

    private struct Arguments {
        var host = "127.0.0.1"
        var port = 3201
        var recordings: URL?
        var tenant: String?

        /// nil when the arguments make no sense.
        init?(_ arguments: [String]) {
            var rest = arguments[...]
            while let argument = rest.popFirst() {
                let parts = argument.split(separator: "=", maxSplits: 1).map(String.init)
                guard let name = parts.first, let value = parts.count == 2 ? parts[1] : rest.popFirst() else {
                    return nil
                }
                switch name {
                case "-listen", "--listen":
                    guard let colon = value.lastIndex(of: ":"), let port = UInt16(value[value.index(after: colon)...])
                    else { return nil }
                    host = String(value[..<colon])
                    self.port = Int(port)
                case "-recordings", "--recordings": recordings = URL(fileURLWithPath: value)
                case "-tenant", "--tenant": tenant = value
                default: return nil
                }
            }
        }
    }

    static func main() async {
        guard let arguments = Arguments(Array(CommandLine.arguments.dropFirst())) else {
            say(usage)
            exit(2)
        }
        do {
            try await serve(arguments)
        } catch {
            say("replaying-upstream: \(error)")
            exit(1)
        }
    }

    private static func serve(_ arguments: Arguments) async throws {
        let file = arguments.recordings ?? Bundle.module.bundleURL.appendingPathComponent("Recordings/answers.jsonl")
        let recordings = try Recordings(contentsOf: file)
        let handler = ReplayHandler(recordings: recordings, defaultTenant: arguments.tenant)
        let group = try EventLoopGroup()
        defer { group.shutdown() }
        var configuration = HTTPServer.Configuration(host: arguments.host, port: arguments.port)
        configuration.gracefulShutdownTimeout = .seconds(2)
        let server = HTTPServer(configuration: configuration, group: group) { handler.respond(to: $0) }
        let address = try await server.start()
        let sources = [SIGTERM, SIGINT].map { number in
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
            source.setEventHandler { server.beginShutdown() }
            source.resume()
            return source
        }
        defer { for source in sources { source.cancel() } }
        say("\(recordings.count) answers of tenants \(recordings.tenants.joined(separator: ", "))")
        say("listening on http://\(address.host):\(address.port)")
        try await server.run()
    }

    private static func say(_ text: String) {
        FileHandle.standardError.write(Data((text + "\n").utf8))
    }
}

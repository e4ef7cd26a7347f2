import TestSupport
import Testing

@testable import QueryFrontend

struct CommandLineOptionsTests {
    struct Case: Decodable, Sendable, CustomTestStringConvertible {
        var args: [String]
        var error: String?
        var action: String?
        var configFile: String?
        var verify: Bool?
        var expand: Bool?
        var healthURL: String?
        var settings: [String]?
        /// Counts.
        var warnings: Int?
        var notices: Int?

        var testDescription: String { args.joined(separator: " ") }
    }

    @Test(arguments: try Corpus.load("config-flags", in: .module, atLeast: 45, as: Case.self))
    func `reads flags as Tempo spells them`(_ example: Case) {
        do throws(ConfigurationError) {
            let options = try CommandLineOptions.parse(example.args)
            #expect(example.error == nil)
            #expect("\(options.action)" == example.action ?? "run")
            #expect(options.configFile == example.configFile ?? "")
            #expect(options.isVerification == example.verify ?? false)
            #expect(options.expandsEnvironment == example.expand ?? false)
            #expect(options.healthURL == example.healthURL ?? "http://localhost:3200/ready")
            #expect(options.settings.map { "\($0.name)=\($0.value)" } == example.settings ?? [])
            #expect(options.warnings.count == example.warnings ?? 0)
            #expect(options.notices.count == example.notices ?? 0)
        } catch {
            #expect(error.message == example.error)
            #expect(error.exitCode == 2)
        }
    }

    @Test func `the usage names every flag that does something`() {
        let usage = CommandLineOptions.usage
        for name in ["-config.file string", "-config.verify\n", "-target string", "-health.url", "(default 3200)"] {
            #expect(usage.contains(name), "\(name)")
        }
        #expect(!usage.contains("mem-ballast"))
    }

    @Test func `every setting flag changes the configuration`() throws {
        for flag in CommandLineFlag.all {
            guard case .configuration(let apply) = flag.effect else { continue }
            let value =
                switch flag.kind {
                case .bool: "true"
                case .int, .string: "77"
                case .duration: "77s"
                case .logLevel: "error"
                }
            var configuration = FrontendConfiguration()
            apply(&configuration, value)
            #expect(configuration != FrontendConfiguration(), "\(flag.name)")
        }
    }

    @Test func `the version block names the program`() {
        let text = BuildInformation().text
        #expect(text.hasPrefix("tempo-query-frontend, version "))
        #expect(text.hasSuffix("\n"))
    }
}

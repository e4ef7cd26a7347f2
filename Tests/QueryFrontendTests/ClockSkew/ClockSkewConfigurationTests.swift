import TenantFederation
import TestSupport
import Testing

@testable import QueryFrontend

/// `clock_skew_correction`, in our own place and in that of the federated querier's file.
struct ClockSkewConfigurationTests {
    struct Case: Decodable, Sendable, CustomTestStringConvertible {
        let name: String
        let yaml: String
        let error: String?
        let enabled: Bool?
        /// Nanoseconds that merging may shift a span by; nil: none.
        let maxAdjustment: Int64?
        let warnings: [String]?

        var testDescription: String { name }
    }

    @Test(arguments: try Corpus.load("config-clock-skew", in: .module, atLeast: 15, as: Case.self))
    func `is read and checked`(_ example: Case) throws {
        do throws(ConfigurationError) {
            let loaded = try ConfigurationLoader.load(
                try CommandLineOptions.parse(["-config.file=f.yaml"]), environment: [:],
                readFile: ConfigurationLoaderTests.files(["f.yaml": example.yaml]))
            #expect(example.error == nil)
            let options = loaded.configuration.federation.clockSkewCorrection.options
            #expect((options != nil) == example.enabled)
            #expect(options?.maxAdjustment == example.maxAdjustment)
            #expect(loaded.warnings.map(\.message) == example.warnings)
        } catch {
            #expect(error.message == example.error)
        }
    }
}

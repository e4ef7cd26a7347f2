import Testing

@testable import QueryFrontend

struct SecretTests {
    private static let text = "hunter2-s3cr3t"

    private static func configuration() throws -> FrontendConfiguration {
        let file = """
            federation:
              proxy_targets:
                - url: http://a/x
                  basic_auth: {username: me, password: \(text)}
                  headers: {X-Api-Key: "\(text)"}
            """
        return try ConfigurationLoader.load(
            try CommandLineOptions.parse(["-config.file=f"]), environment: [:],
            readFile: ConfigurationLoaderTests.files(["f": file])
        ).configuration
    }

    @Test func `a secret prints in no way`() throws {
        let configuration = try SecretTests.configuration()
        let target = try #require(configuration.federation.proxyTargets.first)
        #expect(target.basicAuth?.password.reveal() == SecretTests.text)
        #expect(target.headers.first?.value.reveal() == SecretTests.text)
        var dumped = ""
        dump(configuration, to: &dumped)
        dump(target.basicAuth?.password, to: &dumped)
        let texts = [
            dumped, "\(configuration)", String(describing: target), String(reflecting: target),
            String(reflecting: target.headers),
            "\(Mirror(reflecting: Secret(SecretTests.text)).children.map { "\($0)" })",
            configuration.yaml(), configuration.yaml(mode: .diff),
        ]
        for text in texts { #expect(!text.contains(SecretTests.text)) }
        #expect(configuration.yaml().contains("        password: \"********\"\n"))
        #expect(configuration.yaml().contains("        X-Api-Key: \"********\"\n"))
    }

    @Test func `an empty secret shows that it is empty`() {
        #expect("\(Secret(""))" == "")
        #expect(Secret("").isEmpty)
        #expect("\(Secret("x"))" == "********")
    }

    @Test func `errors in a target hide what may be its credentials`() throws {
        for line in [
            "{url: 'http://u:hunter2-s3cr3t@x'}", "{url: http://x, basic_auth: hunter2-s3cr3t}",
            "{url: http://x, basic_auth: {password: [hunter2-s3cr3t]}}",
            "{url: http://x, basic_auth: {username: u, password: \"hunter2-s3cr3t\\n\"}}",
            "{url: http://x, headers: {X-A: \"hunter2-s3cr3t\\0\"}}", "{url: http://x, headers: [hunter2-s3cr3t]}",
            "{url: http://x, headers: hunter2-s3cr3t}", "hunter2-s3cr3t",
            "{url: 'http://x?token=hunter2-s3cr3t'}", "{url: 'https://x:hunter2-s3cr3t@y'}",
        ] {
            let error = #expect(throws: ConfigurationError.self, "\(line)") {
                try ConfigurationLoader.load(
                    try CommandLineOptions.parse(["-config.file=f"]), environment: [:],
                    readFile: ConfigurationLoaderTests.files(["f": "federation:\n  proxy_targets:\n    - \(line)\n"]))
            }
            #expect(error?.message.contains("hunter2") == false, "\(error?.message ?? "")")
        }
    }
}
